package io.ordinaut.worker.tool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.json.Json;
import io.ordinaut.worker.secret.Secrets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls are held to what a tool takes and gives, in no time. */
class ContractTest {
  private static JsonNode called(String outputSchema, JsonNode answer) throws InterruptedException {
    Tool tool =
        new Contract(Json.read("{\"type\": \"object\"}"), Json.read(outputSchema))
            .around(call -> answer);
    return tool.call(
        new ToolCall(
            Json.object(),
            "key",
            Duration.ofSeconds(1),
            UUID.randomUUID(),
            UUID.randomUUID(),
            0,
            Secrets.over(List.of())));
  }

  @Test
  @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void an_answer_of_a_few_bytes_does_not_hold_a_worker_for_minutes() {
    for (String rule : List.of("{\"multipleOf\": 1}", "{\"type\": \"integer\"}")) {
      for (String number : List.of("1e9999999", "1e-9999999", "9".repeat(100_000))) {
        assertThatThrownBy(
                () ->
                    called(
                        "{\"properties\": {\"v\": " + rule + "}}",
                        Json.read("{\"v\":" + number + "}")))
            .isInstanceOfSatisfying(
                ToolException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OUTPUT_INVALID))
            .hasMessageContaining("a number that a double can't hold");
      }
    }
  }

  @Test
  void what_does_not_match_is_an_error_of_the_schema() throws InterruptedException {
    String schema = "{\"properties\": {\"v\": {\"type\": \"integer\"}}}";
    assertThatThrownBy(() -> called(schema, Json.read("{\"v\": 1.5}")))
        .isInstanceOfSatisfying(
            ToolException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.SCHEMA_ERROR));
    assertThat(called(schema, Json.read("{\"v\": 1e3}")).path("v").asInt()).isEqualTo(1_000);
  }
}

package io.ordinaut.worker.tool.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import io.ordinaut.json.Json;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a server sends is a message, or none; it never breaks whoever reads. */
class MessagesTest {
  private static final List<String> HUGE = List.of("1e2147483648", "-1e-99999999999");

  @Test
  void an_answer_with_a_number_that_nothing_can_hold_is_an_error_for_whoever_asked() {
    for (String number : HUGE) {
      assertThat(Messages.read("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"n\":" + number + "}}"))
          .isInstanceOfSatisfying(
              JSONRPCResponse.class,
              answer -> {
                assertThat(answer.id()).isEqualTo(7L);
                assertThat(answer.error().message()).contains("exponent is too large");
              });
      assertThat(Messages.read("{\"method\":\"a\",\"params\":" + number + "}")).isNull();
      assertThat(Messages.read(number)).isNull();
    }
  }

  @Test
  void a_text_that_is_no_json_for_such_a_number_stays_a_text() {
    for (String number : HUGE) {
      var result = Json.object();
      result.putArray("content").addObject().put("type", "text").put("text", number);
      assertThat(Answer.output(result).at("/content/0/text").asText()).isEqualTo(number);
    }
  }
}

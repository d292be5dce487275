package io.ordinaut.tests.workflows;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.json.Json;
import io.ordinaut.tests.utils.PipelineBench;
import io.ordinaut.worker.tool.ToolException;
import io.vertx.sqlclient.Row;
import java.util.Collections;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** What a run may bring and how long it may think are bounded. */
class BoundsFlowTest {
  @AutoClose private final PipelineBench bench = new PipelineBench();

  @Test
  void the_outputs_of_a_run_are_bounded_together_and_its_log_is_written_in_parts() {
    var steps = Json.MAPPER.createArrayNode();
    for (int i = 0; i < 25; i++) {
      var step = steps.addObject().put("id", "s" + i).put("uses", "echo-tool");
      step.put("save_as", "o" + i);
      step.putObject("with").put("text", i == 0 ? "漢".repeat(80_000) : "${steps.s0.text}");
    }
    UUID id = bench.work(Json.write(steps));
    Row run = bench.executed(id);
    assertThat(run.getString("error_code")).isEqualTo("output_invalid");
    assertThat(run.getString("error_message")).contains("step s17", "4 MiB");
    assertThat(
            bench
                .db()
                .count("SELECT count(DISTINCT xmin::text) FROM run_log WHERE run_id = $1", id))
        .isGreaterThan(4);
  }

  @Test
  void a_condition_is_ended_by_the_timeout_of_its_step() {
    String ones = "`[" + String.join(",", Collections.nCopies(100, "1")) + "]`";
    String condition = "`1`";
    for (int i = 0; i < 4; i++) {
      condition = "length(map(&" + condition + "," + ones + "))";
    }
    var steps = Json.MAPPER.createArrayNode();
    var step = steps.addObject().put("id", "s").put("uses", "echo-tool").put("if", condition);
    step.put("timeout_seconds", 0.001);
    UUID id = bench.work(Json.write(steps));
    bench.executed(id);
    assertThat(
            bench
                .db()
                .query("SELECT error_code FROM run_log WHERE run_id = $1", id)
                .get(0)
                .getString(0))
        .isEqualTo("timeout");
  }

  @Test
  void an_error_with_what_can_not_be_stored_is_told_all_the_same() {
    bench.actingBy(
        call -> {
          throw new ToolException(ErrorCode.SCHEMA_ERROR, "odd: \0 \uD800");
        });
    UUID id =
        bench.work(
            """
            [{"id": "a", "uses": "echo-tool"}, {"id": "b", "uses": "act"}]""");
    Row run = bench.executed(id);
    assertThat(run.getString("error_code")).isEqualTo("schema_error");
    assertThat(run.getString("error_message")).contains("odd: \uFFFD \uFFFD");
    assertThat(bench.log(id)).containsExactly("step a success", "step b failed");
  }

  @Test
  void what_a_tool_answered_is_the_same_before_and_after_it_was_stored() {
    bench.actingBy(call -> Json.object().put("t", "a\uD800").put("n", 3L).put("f\uDC00", true));
    UUID id =
        bench.work(
            """
            [{"id": "a", "uses": "act", "save_as": "a"},
             {"id": "b", "uses": "echo-tool", "save_as": "b",
              "with": {"text": "${steps.a.t} ${contains(`[3.0]`, steps.a.n)}"}}]""");
    JsonNode outputs = PipelineBench.outputs(bench.executed(id));
    assertThat(outputs.at("/a/t").asText()).isEqualTo("a\uFFFD");
    assertThat(outputs.at("/a/f\uFFFD").asBoolean()).isTrue();
    assertThat(outputs.at("/b/text").asText()).isEqualTo("a\uFFFD true");
  }

  @Test
  void a_number_that_is_none_is_an_error_of_the_template() {
    UUID id =
        bench.work(
            """
            [{"id": "a", "uses": "echo-tool", "with": {"n": "${to_number('1e400')}"}}]""");
    assertThat(bench.executed(id).getString("error_code")).isEqualTo("template_error");
  }
}

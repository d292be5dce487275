package io.ordinaut.tests.workflows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.json.Json;
import io.ordinaut.tests.utils.PipelineBench;
import io.ordinaut.worker.tool.ToolException;
import io.vertx.sqlclient.Row;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
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

  /** It goes through a hundred million values. */
  private static String endless() {
    String ones = "`[" + String.join(",", Collections.nCopies(100, "1")) + "]`";
    String expression = "`1`";
    for (int i = 0; i < 4; i++) {
      expression = "length(map(&" + expression + "," + ones + "))";
    }
    return expression;
  }

  private long tries(UUID id, String step) {
    return bench
        .db()
        .count("SELECT count(*) FROM run_log WHERE run_id = $1 AND step_id = $2", id, step);
  }

  /**
   * A run in which the timeout has ended each try of the step s. An alarm may come late: then the
   * expression meets its other bound before, and says so, and another run is made.
   */
  private Row timedOut(ArrayNode steps) {
    for (int i = 0; i < 30; i++) {
      Row run = bench.executed(bench.work(Json.write(steps)));
      List<Row> others =
          bench
              .db()
              .query(
                  """
                  SELECT error FROM run_log
                  WHERE run_id = $1 AND step_id = 's' AND error_code IS DISTINCT FROM 'timeout'""",
                  run.getUUID("id"));
      if (others.isEmpty()) {
        return run;
      }
      assertThat(others)
          .extracting(row -> row.getString("error"))
          .containsOnly("The expression takes too long: it must not go through so many values.");
    }
    return fail("The timeout has ended no step.");
  }

  @Test
  void that_a_list_was_not_known_in_time_is_written_before_the_run_goes_on_without_it() {
    AtomicLong written = new AtomicLong();
    bench.ledger().before(call -> written.set(tries(call.runId(), "s")));
    var steps = Json.MAPPER.createArrayNode();
    var step = steps.addObject().put("id", "s").put("uses", "act").put("on_error", "continue");
    step.put("foreach", "[" + endless() + "]").put("timeout_seconds", 0.001);
    steps.addObject().put("id", "after").put("uses", "act");
    assertThat(timedOut(steps).getString("status")).isEqualTo("success");
    assertThat(written).hasValue(1);
  }

  @Test
  void a_list_that_was_not_known_in_time_is_tried_again_as_often_as_its_step_says() {
    var steps = Json.MAPPER.createArrayNode();
    var step = steps.addObject().put("id", "s").put("uses", "act").put("retry_count", 3);
    step.put("foreach", "[" + endless() + "]").put("timeout_seconds", 0.001);
    Row run = timedOut(steps);
    assertThat(run.getString("error_code")).isEqualTo("retries_exhausted");
    assertThat(tries(run.getUUID("id"), "s")).isEqualTo(3);
  }

  /** A step whose output has to match a schema. */
  private Row checked(ObjectNode schema, String text) {
    var steps = Json.MAPPER.createArrayNode();
    var step = steps.addObject().put("id", "s").put("uses", "echo-tool");
    step.putObject("with").put("text", text);
    step.set("output_schema", schema);
    return bench.executed(bench.work(Json.write(steps)));
  }

  @Test
  void a_schema_whose_references_lead_to_ever_more_rules_fails_its_step() {
    ObjectNode schema = Json.object().put("$ref", "#/$defs/a0");
    ObjectNode rules = schema.putObject("$defs");
    for (int i = 0; i < 24; i++) {
      var all = rules.putObject("a" + i).putArray("allOf");
      all.addObject().put("$ref", "#/$defs/a" + (i + 1));
      all.addObject().put("$ref", "#/$defs/a" + (i + 1));
    }
    rules.putObject("a24").put("type", "object");
    Row run = checked(schema, "fits");
    assertThat(run.getString("error_code")).isEqualTo("schema_error");
    assertThat(run.getString("error_message")).contains("must not apply more than");
    assertThat(checked(schema.put("$ref", "#/$defs/a20"), "fits").getString("status"))
        .isEqualTo("success");
  }

  @Test
  void a_pattern_that_goes_back_again_and_again_fails_its_step() {
    ObjectNode schema = Json.object();
    schema.putObject("properties").putObject("text").put("pattern", "^(.*a){8}$");
    Row run = checked(schema, "a".repeat(40) + "!");
    assertThat(run.getString("error_code")).isEqualTo("schema_error");
    assertThat(run.getString("error_message")).contains("^(.*a){8}$", "in one way only");
    assertThat(checked(schema, "b-a".repeat(8)).getString("status")).isEqualTo("success");
  }

  @Test
  void a_condition_is_ended_by_the_timeout_of_its_step() {
    String condition = endless();
    var steps = Json.MAPPER.createArrayNode();
    var step = steps.addObject().put("id", "s").put("uses", "echo-tool").put("if", condition);
    step.put("timeout_seconds", 0.001);
    assertThat(tries(timedOut(steps).getUUID("id"), "s")).isEqualTo(1);
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

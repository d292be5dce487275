package io.ordinaut.tests.workflows;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.json.Json;
import io.ordinaut.tests.utils.PipelineBench;
import io.vertx.sqlclient.Row;
import java.util.Collections;
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

  @Test
  void that_a_list_was_not_known_in_time_is_written_before_the_run_goes_on_without_it() {
    AtomicLong written = new AtomicLong();
    bench.ledger().before(call -> written.set(tries(call.runId(), "s")));
    var steps = Json.MAPPER.createArrayNode();
    var step = steps.addObject().put("id", "s").put("uses", "act").put("on_error", "continue");
    step.put("foreach", "[" + endless() + "]").put("timeout_seconds", 0.001);
    steps.addObject().put("id", "after").put("uses", "act");
    UUID id = bench.work(Json.write(steps));
    assertThat(bench.executed(id).getString("status")).isEqualTo("success");
    assertThat(written).hasValue(1);
  }

  @Test
  void a_list_that_was_not_known_in_time_is_tried_again_as_often_as_its_step_says() {
    var steps = Json.MAPPER.createArrayNode();
    var step = steps.addObject().put("id", "s").put("uses", "act").put("retry_count", 3);
    step.put("foreach", "[" + endless() + "]").put("timeout_seconds", 0.001);
    UUID id = bench.work(Json.write(steps));
    assertThat(bench.executed(id).getString("error_code")).isEqualTo("retries_exhausted");
    assertThat(tries(id, "s")).isEqualTo(3);
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
  void a_number_that_is_none_is_an_error_of_the_template() {
    UUID id =
        bench.work(
            """
            [{"id": "a", "uses": "echo-tool", "with": {"n": "${to_number('1e400')}"}}]""");
    assertThat(bench.executed(id).getString("error_code")).isEqualTo("template_error");
  }
}

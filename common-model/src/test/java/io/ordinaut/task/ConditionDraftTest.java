package io.ordinaut.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.failure.InvalidInputException;
import io.ordinaut.failure.Violation;
import io.ordinaut.json.Json;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConditionDraftTest {
  private static final Instant NOW = Instant.parse("2030-01-01T00:00:00Z");

  private static ObjectNode task(String expression, String condition) {
    ObjectNode task = Json.object().put("title", "watch").put("schedule_kind", "condition");
    task.put("schedule_expr", expression);
    ObjectNode payload = task.putObject("payload");
    payload.putArray("pipeline");
    payload.set("condition", Json.read(condition));
    return task;
  }

  private static InvalidInputException refused(ObjectNode task) {
    return catchThrowableOfType(InvalidInputException.class, () -> TaskDraft.parse(task, NOW));
  }

  @Test
  void a_condition_is_first_looked_at_after_its_distance() {
    ObjectNode task =
        task(
            "probe.temp < `0`",
            """
            {"every": "5m", "edge": "level", "cooldown_seconds": 60,
             "probe": {"uses": "echo-tool", "with": {"temp": "${params.t}"}}}""");
    assertThat(TaskDraft.parse(task, NOW).firstRun()).isEqualTo("2030-01-01T00:05:00Z");
  }

  @Test
  void what_can_not_be_stored_is_named_once() {
    ObjectNode task = task("probe", "{\"every\": \"5m\", \"probe\": {\"uses\": \"x\"}}");
    ObjectNode payload = (ObjectNode) task.get("payload");
    payload.withArray("pipeline").addObject().put("id", "a\0").put("uses", "x.y");
    payload.putObject("params").put("p", "b\0");
    assertThat(refused(task).violations())
        .extracting(Violation::field)
        .containsExactly("payload.pipeline[0].id", "payload.params.p");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'probe': {'uses': 'echo-tool'}}                                | payload.condition.every",
        "{'every': '0s', 'probe': {'uses': 'echo-tool'}}                 | payload.condition.every",
        "{'every': 'often', 'probe': {'uses': 'echo-tool'}}              | payload.condition.every",
        "{'every': 5, 'probe': {'uses': 'echo-tool'}}                    | payload.condition.every",
        "{'every': '5m'}                                                 | payload.condition.probe",
        "{'every': '5m', 'probe': {}}                            | payload.condition.probe.uses",
        "{'every': '5m', 'probe': {'uses': 'a b'}}               | payload.condition.probe.uses",
        "{'every': '5m', 'probe': {'uses': 'delay', 'with': {'seconds': 1}}} | payload.condition.probe.uses",
        "{'every': '5m', 'probe': {'uses': 'x', 'if': 'a'}}      | payload.condition.probe.if",
        "{'every': '5m', 'probe': {'uses': 'x', 'with': {'a': '${'}}} | payload.condition.probe.with.a",
        "{'every': '5m', 'probe': {'uses': 'x'}, 'edge': 'falling'}   | payload.condition.edge",
        "{'every': '5m', 'probe': {'uses': 'x'}, 'cooldown_seconds': -1} | payload.condition.cooldown_seconds",
        "{'every': '5m', 'probe': {'uses': 'x'}, 'often': true}       | payload.condition.often",
        "[]                                                           | payload.condition",
      })
  void faults_are_named(String condition, String field) {
    InvalidInputException refused = refused(task("probe.temp", condition.replace('\'', '"')));
    assertThat(refused.violations()).extracting(violation -> violation.field()).contains(field);
  }

  @Test
  void a_condition_says_what_it_looks_at() {
    ObjectNode task = task("probe", "null");
    assertThat(refused(task).violations())
        .extracting(violation -> violation.field())
        .containsExactly("payload.condition");
  }

  @Test
  void an_expression_that_can_not_be_read_is_refused_with_what_would_be_right() {
    String probe = "{\"every\": \"5m\", \"probe\": {\"uses\": \"echo-tool\"}}";
    assertThat(refused(task("probe.temp < 0", probe)).violations())
        .singleElement()
        .satisfies(
            violation -> {
              assertThat(violation.field()).isEqualTo("schedule_expr");
              assertThat(violation.message()).contains("backticks");
            });
  }

  @Test
  void other_kinds_look_at_nothing() {
    ObjectNode task = task("0 9 * * *", "{}").put("schedule_kind", "cron");
    assertThat(refused(task).violations())
        .extracting(violation -> violation.field())
        .containsExactly("payload.condition");
  }
}

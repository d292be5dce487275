package io.ordinaut.task;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.failure.InvalidInputException;
import io.ordinaut.json.Json;
import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sentences that quote what was sent, of which there was much. */
class BriefFaultsTest {
  private static final Instant NOW = Instant.parse("2030-01-01T00:00:00Z");
  private static final int BRIEF = 500;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cron   | 0 9 * * X",
        "cron   | 0 9 * * 1,X",
        "cron   | @every X",
        "rrule  | FREQ=X",
        "rrule  | FREQ=DAILY;X=1",
        "rrule  | FREQ=DAILY;BYDAY=X",
        "rrule  | X",
        "rrule  | DTSTART;TZID=X:20300101T000000",
        "rrule  | DTSTART:X",
        "once   | X",
        "event  | X",
        "condition | X",
        "condition | a.(X",
      })
  void a_schedule(String kind, String expression) {
    ObjectNode task =
        Json.object()
            .put("title", "long")
            .put("schedule_kind", kind)
            .put("schedule_expr", expression.replace("X", "x".repeat(9_000)));
    if (kind.equals("condition")) {
      task.set(
          "payload",
          Json.read("{\"condition\": {\"every\": \"5m\", \"probe\": {\"uses\": \"x.y\"}}}"));
    }
    assertBrief(task);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'with': {'a': '${X}'}}",
        "{'with': {'a': '${a.(X}'}}",
        "{'with': {'a': '${secrets.a.(X}'}}",
        "{'if': 'X'}",
        "{'if': '@@X'}",
        "{'foreach': 'X'}",
        "{'output_schema': {'type': 'X'}}",
        "{'output_schema': {'pattern': '(X'}}",
        "{'output_schema': {'$ref': 'http://X'}}",
        "{'output_schema': {'$ref': '#/X'}}",
        "{'output_schema': {'$schema': 'X'}}",
        "{'output_schema': {'properties': {'X': 1}}}",
        "{'uses': 'http.request', 'with': {'url': 'X y'}}",
        "{'uses': 'http.request', 'with': {'url': 'http://a', 'method': 'X'}}",
        "{'uses': 'transform', 'with': {'input': 1, 'expression': 'a.(X'}}",
      })
  void a_step(String fields) {
    ObjectNode step = (ObjectNode) Json.read(fields.replace('\'', '"'));
    ObjectNode task =
        Json.object()
            .put("title", "long")
            .put("schedule_kind", "once")
            .put("schedule_expr", "2030-01-01T00:00:00Z");
    ObjectNode whole = Json.object().put("id", "s").put("uses", "x.y");
    whole.setAll(step);
    task.putObject("payload").putArray("pipeline").add(whole);
    assertBrief((ObjectNode) Json.read(Json.write(task).replace("X", "x".repeat(7_000))));
  }

  private static void assertBrief(ObjectNode task) {
    InvalidInputException refusal =
        catchThrowableOfType(InvalidInputException.class, () -> TaskDraft.parse(task, NOW));
    assertThat(requireNonNull(refusal).violations())
        .isNotEmpty()
        .allSatisfy(fault -> assertThat(fault.message()).hasSizeLessThan(BRIEF));
  }
}

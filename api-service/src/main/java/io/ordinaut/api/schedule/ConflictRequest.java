package io.ordinaut.api.schedule;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.JsonFields;
import io.ordinaut.schedule.Schedule;
import io.ordinaut.schedule.ScheduleKind;
import io.ordinaut.task.Forecast.Occurrence;
import io.ordinaut.task.WhenFields;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * A question for conflicts as it was asked.
 *
 * @param from the first instant
 * @param to the end, itself outside
 * @param given a schedule that no task has yet, at its first occurrence; null when there is none
 */
record ConflictRequest(Instant from, Instant to, @Nullable Source given) {
  private static final Duration LONGEST = Duration.ofDays(31);

  /**
   * Reads and checks the JSON of a request.
   *
   * @param now before which nothing is looked at
   * @throws io.ordinaut.failure.InvalidInputException with all that is wrong
   */
  static ConflictRequest parse(JsonNode body, Instant now) {
    Violations violations = new Violations();
    JsonFields fields = new JsonFields(body, "", violations);
    Instant wantedFrom = required(fields, "from");
    Instant to = required(fields, "to");
    Instant from = wantedFrom == null || wantedFrom.isBefore(now) ? now : wantedFrom;
    if (wantedFrom != null && to != null) {
      checkStretch(fields, from, to);
    }
    JsonNode schedule = fields.node("schedule");
    Source given = schedule == null ? null : given(schedule, from, violations);
    fields.refuseUnknown();
    violations.throwIfAny();
    return new ConflictRequest(from, to == null ? from : to, given);
  }

  private static @Nullable Instant required(JsonFields fields, String field) {
    if (fields.node(field) == null) {
      fields.fault(field, "is required: an RFC 3339 time with an offset.");
    }
    return PreviewRequest.time(fields, field);
  }

  private static void checkStretch(JsonFields fields, Instant from, Instant to) {
    if (!to.isAfter(from)) {
      fields.fault("to", "must be after from, and in the future.");
    } else if (to.isAfter(from.plus(LONGEST))) {
      fields.fault("to", "must be at most 31 days after from, or after now if that is later.");
    }
  }

  private static @Nullable Source given(JsonNode body, Instant from, Violations violations) {
    JsonFields fields = new JsonFields(body, "schedule", violations);
    WhenFields when = WhenFields.read(fields);
    String key = fields.text("concurrency_key", 200);
    if (key != null && key.isEmpty()) {
      fields.fault("concurrency_key", "must not be empty.");
    }
    fields.refuseUnknown();
    if (when.kind() == ScheduleKind.EVENT || when.kind() == ScheduleKind.CONDITION) {
      fields.fault(
          "schedule_kind", "must be cron, rrule or once: of others no time can be told ahead.");
      return null;
    }
    Schedule schedule = PreviewRequest.schedule(fields, when, from.truncatedTo(ChronoUnit.SECONDS));
    return violations.isEmpty()
        ? schedule
            .next(from.minusNanos(1))
            .map(at -> new Occurrence(schedule, at, Long.MAX_VALUE))
            .map(at -> new Source(null, "", when.zone(), key, 1, Duration.ZERO, at))
            .orElse(null)
        : null;
  }
}

package io.ordinaut.api.schedule;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.InvalidInputException;
import io.ordinaut.failure.Violation;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.JsonFields;
import io.ordinaut.pipeline.Condition;
import io.ordinaut.pipeline.ExpressionException;
import io.ordinaut.pipeline.Scope;
import io.ordinaut.schedule.Bounded;
import io.ordinaut.schedule.Cron;
import io.ordinaut.schedule.Description;
import io.ordinaut.schedule.Never;
import io.ordinaut.schedule.Once;
import io.ordinaut.schedule.Preview;
import io.ordinaut.schedule.Preview.Question;
import io.ordinaut.schedule.Rrule;
import io.ordinaut.schedule.Schedule;
import io.ordinaut.schedule.ScheduleKind;
import io.ordinaut.schedule.Topic;
import io.ordinaut.task.WhenFields;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A preview as it was asked for.
 *
 * @param when the fields that a task has too
 * @param schedule what they stand for, within its bounds
 * @param question how far to look
 */
record PreviewRequest(WhenFields when, Schedule schedule, Question question) {
  private static final int MOST = 1_000;
  private static final Instant EARLIEST = Instant.parse("1970-01-01T00:00:00Z");
  private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");

  /**
   * Reads and checks the JSON of a request.
   *
   * @param now where a preview begins that does not say
   * @throws InvalidInputException with all that is wrong
   */
  static PreviewRequest parse(JsonNode body, Instant now) {
    Violations violations = new Violations();
    JsonFields fields = new JsonFields(body, "", violations);
    WhenFields when = WhenFields.read(fields);
    Instant from = time(fields, "from");
    Question question =
        new Question(
            from == null ? now : from,
            fields.integer("count", 10, 1, MOST),
            fields.bool("explain", false));
    Instant anchor = question.from().truncatedTo(ChronoUnit.SECONDS);
    Schedule schedule = bound(fields, when, schedule(fields, when, anchor));
    fields.refuseUnknown();
    violations.throwIfAny();
    return new PreviewRequest(when, schedule, question);
  }

  /** A time with four digits of year; null when absent or none, which is noted as a fault. */
  static @Nullable Instant time(JsonFields fields, String field) {
    Instant time = fields.instant(field);
    if (time != null && (time.isBefore(EARLIEST) || time.isAfter(LATEST))) {
      fields.fault(field, "must be a time between the years 1970 and 9999.");
      return null;
    }
    return time;
  }

  private static Schedule bound(JsonFields fields, WhenFields when, Schedule schedule) {
    Instant startsAt = time(fields, "starts_at");
    Instant endsAt = time(fields, "ends_at");
    if (startsAt == null && endsAt == null) {
      return schedule;
    }
    ScheduleKind kind = when.kind();
    if (kind != null && !kind.recurs()) {
      fields.fault(
          startsAt == null ? "ends_at" : "starts_at",
          "has no meaning for schedule_kind " + kind.stored() + ".");
    }
    if (startsAt != null && endsAt != null && endsAt.isBefore(startsAt)) {
      fields.fault("ends_at", "must not be before starts_at.");
    }
    return new Bounded(schedule, startsAt, endsAt);
  }

  /** The schedule that the fields stand for; what is wrong with it is noted as their fault. */
  static Schedule schedule(JsonFields fields, WhenFields when, Instant anchor) {
    if (when.kind() == null || when.expression().isEmpty()) {
      return new Never();
    }
    try {
      return switch (when.kind()) {
        case ONCE -> Once.parse(when.expression(), when.zone(), when.dst());
        case CRON -> Cron.parse(when.expression(), when.zone(), when.dst(), anchor);
        case RRULE -> Rrule.parse(when.expression(), when.zone(), when.dst(), anchor);
        case EVENT -> untimed(Topic.faultOfPattern(when.expression()));
        case CONDITION -> untimed(faultOfCondition(when.expression()));
      };
    } catch (InvalidInputException e) {
      for (Violation violation : e.violations()) {
        fields.fault(violation.field(), violation.message());
      }
      return new Never();
    }
  }

  private static Schedule untimed(@Nullable String fault) {
    if (fault != null) {
      throw new InvalidInputException("schedule_expr", fault);
    }
    return new Never();
  }

  private static @Nullable String faultOfCondition(String expression) {
    try {
      Condition.compile(expression, Scope.CONDITION);
      return null;
    } catch (ExpressionException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /**
   * The answer.
   *
   * @param timeIsUp asked between two steps; true ends it early
   */
  Preview preview(BooleanSupplier timeIsUp) {
    if (when.kind() == ScheduleKind.EVENT) {
      return untimed(
          Description.ofTopic(when.expression()),
          "It starts when such an event is published: no time can be told ahead.");
    }
    if (when.kind() == ScheduleKind.CONDITION) {
      return untimed(
          Description.ofCondition(when.expression(), null),
          "It starts when its condition comes true: no time can be told ahead.");
    }
    return Preview.of(schedule, when.zone(), question, timeIsUp);
  }

  private static Preview untimed(String description, String warning) {
    return new Preview(description, List.of(), List.of(), List.of(warning));
  }
}

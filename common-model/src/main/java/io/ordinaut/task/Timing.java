package io.ordinaut.task;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.InvalidInputException;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.Json;
import io.ordinaut.schedule.Cron;
import io.ordinaut.schedule.DstPolicy;
import io.ordinaut.schedule.Every;
import io.ordinaut.schedule.Never;
import io.ordinaut.schedule.Once;
import io.ordinaut.schedule.Rrule;
import io.ordinaut.schedule.Schedule;
import io.ordinaut.schedule.ScheduleKind;
import java.time.Instant;
import java.time.ZoneId;
import org.jspecify.annotations.Nullable;

/**
 * What decides when a task occurs, its bounds aside. Two that are equal are the same schedule.
 *
 * @param kind how the expression is read
 * @param expression when, in the words of the kind
 * @param timezone where local times are local
 * @param dst what becomes of local times that do not exist, or exist twice
 * @param anchor from which it counts
 * @param payload says how often a condition is looked at; null for every other kind
 */
public record Timing(
    ScheduleKind kind,
    String expression,
    ZoneId timezone,
    DstPolicy dst,
    Instant anchor,
    @Nullable JsonNode payload) {
  /** That of a task. */
  static Timing of(TaskSpec spec, Instant anchor) {
    return new Timing(
        spec.scheduleKind(),
        spec.scheduleExpr(),
        spec.timezone(),
        spec.dst(),
        anchor,
        spec.scheduleKind() == ScheduleKind.CONDITION ? spec.payload() : null);
  }

  /**
   * The schedule, without bounds.
   *
   * @throws InvalidInputException when the expression can't be read
   */
  public Schedule schedule() {
    return switch (kind) {
      case ONCE -> Once.parse(expression, timezone, dst);
      case CRON -> Cron.parse(expression, timezone, dst, anchor);
      case RRULE -> Rrule.parse(expression, timezone, dst, anchor);
      case CONDITION -> new Every(anchor, TriggerFields.probe(probed(), new Violations()).every());
      case EVENT -> new Never();
    };
  }

  private JsonNode probed() {
    return payload == null ? Json.object() : payload;
  }

  /**
   * Equal for all tasks of one schedule: without the anchor, unless it is part of what is read. A
   * recurrence set takes its own from {@link Rrule#from}.
   */
  public Timing shared() {
    boolean shares =
        kind == ScheduleKind.RRULE
            || (kind == ScheduleKind.CRON && !expression.strip().startsWith("@every"));
    return shares ? new Timing(kind, expression, timezone, dst, Instant.EPOCH, payload) : this;
  }
}

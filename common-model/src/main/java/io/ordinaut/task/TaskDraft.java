package io.ordinaut.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.failure.InvalidInputException;
import io.ordinaut.failure.Violation;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.Json;
import io.ordinaut.json.JsonFields;
import io.ordinaut.pipeline.Pipeline;
import io.ordinaut.retry.Backoff;
import io.ordinaut.retry.BackoffStrategy;
import io.ordinaut.schedule.DstGap;
import io.ordinaut.schedule.DstOverlap;
import io.ordinaut.schedule.DstPolicy;
import io.ordinaut.schedule.Once;
import io.ordinaut.schedule.Schedule;
import io.ordinaut.schedule.ScheduleKind;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Locale;

/**
 * A task that has been checked whole but not yet stored.
 *
 * @param spec what its user decided
 * @param firstRun its first occurrence
 */
public record TaskDraft(TaskSpec spec, Instant firstRun) {
  /**
   * Reads and checks the JSON of a task.
   *
   * @param body the document as sent
   * @param now when it is created
   * @throws InvalidInputException with all that is wrong
   */
  public static TaskDraft parse(JsonNode body, Instant now) {
    Violations violations = new Violations();
    JsonFields fields = new JsonFields(body, "", violations);
    TaskSpec spec = readSpec(fields, violations);
    fields.refuseUnknown();
    Instant firstRun = violations.isEmpty() ? firstRun(spec, now, violations) : now;
    violations.throwIfAny();
    return new TaskDraft(spec, firstRun);
  }

  private static TaskSpec readSpec(JsonFields fields, Violations violations) {
    String title = fields.required("title", 200);
    String description = fields.text("description", "", 0, 2000);
    ScheduleKind kind = fields.choice("schedule_kind", ScheduleKind.class);
    if (fields.node("schedule_kind") == null) {
      fields.fault("schedule_kind", "is required.");
    }
    String expression = fields.required("schedule_expr", 10_000);
    ZoneId zone = zone(fields);
    DstPolicy dst =
        new DstPolicy(
            fields.choice("dst_gap", DstGap.SHIFT), fields.choice("dst_overlap", DstOverlap.FIRST));
    if (kind == ScheduleKind.ONCE && dst.overlap() == DstOverlap.BOTH) {
      fields.fault("dst_overlap", "must be first or last for a one-time task.");
    }
    JsonNode payload = fields.node("payload");
    if (payload == null) {
      payload = Json.object();
    }
    Pipeline.parse(payload, fields.path("payload"), violations);
    Backoff backoff =
        new Backoff(
            fields.choice("backoff_strategy", BackoffStrategy.EXPONENTIAL_JITTER),
            fields.number("backoff_base_seconds", 1, 0.001, 86_400),
            fields.number("backoff_max_seconds", 300, 0.001, 86_400));
    return new TaskSpec(
        title,
        description,
        kind == null ? ScheduleKind.ONCE : kind,
        expression,
        zone,
        dst,
        payload,
        fields.integer("priority", 5, 1, 9),
        fields.integer("max_retries", 3, 0, 10),
        backoff);
  }

  private static ZoneId zone(JsonFields fields) {
    String name = fields.text("timezone", "UTC", 1, 100);
    try {
      return ZoneId.of(name);
    } catch (DateTimeException e) {
      fields.fault(
          "timezone", "is not a known time zone; use an IANA name such as Europe/Chisinau.");
      return ZoneOffset.UTC;
    }
  }

  private static Instant firstRun(TaskSpec spec, Instant now, Violations violations) {
    try {
      return schedule(spec).first(now).orElse(now);
    } catch (InvalidInputException e) {
      for (Violation violation : e.violations()) {
        violations.add(violation.field(), violation.message());
      }
      return now;
    }
  }

  /**
   * The schedule of a task.
   *
   * @throws InvalidInputException when its expression can't be read
   */
  public static Schedule schedule(TaskSpec spec) {
    return Once.parse(spec.scheduleExpr(), spec.timezone(), spec.dst());
  }

  /** Writes a spec as the JSON it was read from, with every default spelled out. */
  public static void write(TaskSpec spec, ObjectNode into) {
    into.put("title", spec.title());
    into.put("description", spec.description());
    into.put("schedule_kind", spec.scheduleKind().stored());
    into.put("schedule_expr", spec.scheduleExpr());
    into.put("timezone", spec.timezone().getId());
    into.put("dst_gap", lower(spec.dst().gap()));
    into.put("dst_overlap", lower(spec.dst().overlap()));
    into.set("payload", spec.payload());
    into.put("priority", spec.priority());
    into.put("max_retries", spec.maxRetries());
    into.put("backoff_strategy", spec.backoff().strategy().stored());
    into.put("backoff_base_seconds", spec.backoff().baseSeconds());
    into.put("backoff_max_seconds", spec.backoff().maxSeconds());
  }

  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}

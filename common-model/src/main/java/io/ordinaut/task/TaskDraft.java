package io.ordinaut.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.failure.InvalidInputException;
import io.ordinaut.failure.Violation;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.Json;
import io.ordinaut.json.JsonFields;
import io.ordinaut.json.Storable;
import io.ordinaut.pipeline.LiteralInput;
import io.ordinaut.pipeline.Pipeline;
import io.ordinaut.retry.Backoff;
import io.ordinaut.retry.BackoffStrategy;
import io.ordinaut.schedule.FiringPolicy;
import io.ordinaut.schedule.Schedule;
import io.ordinaut.schedule.ScheduleKind;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A task that has been checked whole but not yet stored.
 *
 * @param spec what its user decided
 * @param anchor from which its schedule counts
 * @param firstRun its first occurrence; null when it does not start by time
 */
public record TaskDraft(TaskSpec spec, Instant anchor, @Nullable Instant firstRun) {
  /** The last second that RFC 3339 can write. */
  private static final Instant LAST = Instant.parse("9999-12-31T23:59:59Z");

  private static final int MOST_LABELS = 32;
  private static final Pattern LABEL = Pattern.compile("[A-Za-z0-9._/-]{1,63}");

  /**
   * Reads and checks the JSON of a task.
   *
   * @param body the document as sent
   * @param now when it is created
   * @throws InvalidInputException with all that is wrong
   */
  public static TaskDraft parse(JsonNode body, Instant now) {
    return parse(body, now, now.truncatedTo(ChronoUnit.SECONDS));
  }

  /**
   * Reads and checks the JSON of a task whose schedule counts from the given anchor.
   *
   * @throws InvalidInputException with all that is wrong
   */
  public static TaskDraft parse(JsonNode body, Instant now, Instant anchor) {
    Violations violations = new Violations();
    TaskSpec spec = readSpec(body, violations);
    Instant firstRun = violations.isEmpty() ? firstRun(spec, anchor, now, violations) : null;
    violations.throwIfAny();
    return new TaskDraft(spec, anchor, firstRun);
  }

  /**
   * Reads and checks a spec whose schedule is already under way.
   *
   * @throws InvalidInputException with all that is wrong
   */
  public static TaskSpec parseSpec(JsonNode body) {
    Violations violations = new Violations();
    TaskSpec spec = readSpec(body, violations);
    violations.throwIfAny();
    return spec;
  }

  private static TaskSpec readSpec(JsonNode body, Violations violations) {
    JsonFields fields = new JsonFields(body, "", violations);
    TaskSpec spec = readSpec(fields, violations);
    fields.refuseUnknown();
    return spec;
  }

  private static TaskSpec readSpec(JsonFields fields, Violations violations) {
    String title = fields.required("title", 200);
    String description = fields.text("description", "", 0, 2000);
    WhenFields when = WhenFields.read(fields);
    ScheduleKind kind = when.kind();
    FiringPolicy firing = FiringFields.read(fields, kind);
    RunLimits limits = LimitFields.read(fields, firing.overlap());
    JsonNode payload = fields.node("payload");
    if (payload == null) {
      payload = Json.object();
    }
    Pipeline.parse(payload, fields.path("payload"), violations);
    LiteralInput.check(payload, fields.path("payload"), violations);
    TriggerFields.check(kind, when.expression(), payload, violations);
    Violations unstorable = new Violations();
    Storable.check(payload, fields.path("payload"), unstorable);
    violations.addNew(unstorable);
    Backoff backoff =
        new Backoff(
            fields.choice("backoff_strategy", BackoffStrategy.EXPONENTIAL_JITTER),
            fields.number("backoff_base_seconds", 1, 0.001, 86_400),
            fields.number("backoff_max_seconds", 300, 0.001, 86_400));
    return new TaskSpec(
        title,
        description,
        kind == null ? ScheduleKind.ONCE : kind,
        when.expression(),
        when.zone(),
        when.dst(),
        firing,
        payload,
        fields.integer("priority", 5, 1, 9),
        fields.integer("max_retries", 3, 0, 10),
        backoff,
        limits,
        labels(fields));
  }

  private static SortedMap<String, String> labels(JsonFields fields) {
    SortedMap<String, String> labels = new TreeMap<>();
    JsonNode node = fields.node("labels");
    if (node == null) {
      return labels;
    }
    if (!node.isObject() || node.size() > MOST_LABELS) {
      fields.fault("labels", "must be a JSON object of at most " + MOST_LABELS + " labels.");
      return labels;
    }
    node.fields()
        .forEachRemaining(
            label -> {
              String path = "labels." + label.getKey();
              JsonNode value = label.getValue();
              if (!LABEL.matcher(label.getKey()).matches()) {
                fields.fault(
                    path, "must be named with 1–63 letters, digits, '.', '_', '/' or '-'.");
              }
              if (!value.isTextual()
                  || value.textValue().length() > 255
                  || value.textValue().indexOf('\0') >= 0) {
                fields.fault(path, "must be a string of at most 255 characters.");
              }
              labels.put(label.getKey(), value.asText());
            });
    return labels;
  }

  private static @Nullable Instant firstRun(
      TaskSpec spec, Instant anchor, Instant now, Violations violations) {
    if (spec.scheduleKind() == ScheduleKind.EVENT) {
      return null;
    }
    try {
      Schedule schedule = schedule(spec, anchor);
      Optional<Instant> first = schedule.first(now);
      if (first.isEmpty() || first.get().isAfter(LAST)) {
        violations.add("schedule_expr", "would never fire.");
        return null;
      }
      String jitter = FiringFields.faultOfJitter(spec.firing(), schedule, first.get());
      if (jitter != null) {
        violations.add("jitter_seconds", jitter);
      }
      return first.get();
    } catch (InvalidInputException e) {
      for (Violation violation : e.violations()) {
        violations.add(violation.field(), violation.message());
      }
      return null;
    }
  }

  /**
   * The schedule of a task, within its bounds.
   *
   * @param anchor from which it counts
   * @throws InvalidInputException when its expression can't be read
   */
  public static Schedule schedule(TaskSpec spec, Instant anchor) {
    return spec.firing().bound(Timing.of(spec, anchor).schedule());
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
    FiringFields.write(spec.firing(), into);
    into.set("payload", spec.payload());
    into.put("priority", spec.priority());
    into.put("max_retries", spec.maxRetries());
    into.put("backoff_strategy", spec.backoff().strategy().stored());
    into.put("backoff_base_seconds", spec.backoff().baseSeconds());
    into.put("backoff_max_seconds", spec.backoff().maxSeconds());
    LimitFields.write(spec.limits(), into);
    ObjectNode labels = into.putObject("labels");
    spec.labels().forEach(labels::put);
  }

  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}

package io.ordinaut.task;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.json.JsonFields;
import io.ordinaut.schedule.CatchUp;
import io.ordinaut.schedule.FiringPolicy;
import io.ordinaut.schedule.Overlap;
import io.ordinaut.schedule.Schedule;
import io.ordinaut.schedule.ScheduleKind;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads, checks and writes the fields that say whether and when an occurrence fires. */
final class FiringFields {
  private static final int LONGEST_WINDOW = 366 * 86_400;
  private static final int LONGEST_JITTER = 3_600;

  /** How many of the first distances are looked at to find the shortest. */
  private static final int DISTANCES = 60;

  private FiringFields() {}

  static FiringPolicy read(JsonFields fields, @Nullable ScheduleKind kind) {
    Overlap overlap = fields.choice("overlap", Overlap.ALLOW);
    CatchUp catchUp = fields.choice("catch_up", CatchUp.LATEST);
    int window = fields.integer("catch_up_window_seconds", 86_400, 0, LONGEST_WINDOW);
    int jitter = fields.integer("jitter_seconds", 0, 0, LONGEST_JITTER);
    Instant startsAt = fields.instant("starts_at");
    Instant endsAt = fields.instant("ends_at");
    if (startsAt != null && endsAt != null && endsAt.isBefore(startsAt)) {
      fields.fault("ends_at", "must not be before starts_at.");
    }
    Long maxRuns = fields.integer("max_runs", 1, 1_000_000_000_000L);
    if (kind != null && !kind.recurs()) {
      refuse(fields, "jitter_seconds", jitter > 0, kind);
      refuse(fields, "starts_at", startsAt != null, kind);
      refuse(fields, "ends_at", endsAt != null, kind);
    }
    if (kind != null && (!kind.recurs() || kind == ScheduleKind.CONDITION)) {
      refuse(fields, "overlap", overlap != Overlap.ALLOW, kind);
      refuse(fields, "max_runs", maxRuns != null, kind);
    }
    return new FiringPolicy(
        overlap,
        catchUp,
        Duration.ofSeconds(window),
        Duration.ofSeconds(jitter),
        startsAt,
        endsAt,
        maxRuns);
  }

  private static void refuse(JsonFields fields, String field, boolean given, ScheduleKind kind) {
    if (given) {
      fields.fault(field, "has no meaning for schedule_kind " + kind.stored() + ".");
    }
  }

  /** What is wrong with the jitter of a schedule; null when nothing is. */
  static @Nullable String faultOfJitter(FiringPolicy firing, Schedule schedule, Instant first) {
    if (firing.jitter().isZero()) {
      return null;
    }
    Duration shortest = Duration.ofDays(1);
    Instant at = first;
    for (int i = 0; i < DISTANCES; i++) {
      Optional<Instant> next = schedule.next(at);
      if (next.isEmpty()) {
        break;
      }
      Duration distance = Duration.between(at, next.get());
      shortest = distance.compareTo(shortest) < 0 ? distance : shortest;
      at = next.get();
    }
    return firing.jitter().multipliedBy(2).compareTo(shortest) > 0
        ? "must not be more than half the time between two occurrences, here "
            + shortest.toSeconds() / 2
            + "."
        : null;
  }

  static void write(FiringPolicy firing, ObjectNode into) {
    into.put("overlap", firing.overlap().name().toLowerCase(Locale.ROOT));
    into.put("catch_up", firing.catchUp().name().toLowerCase(Locale.ROOT));
    into.put("catch_up_window_seconds", firing.catchUpWindow().toSeconds());
    into.put("jitter_seconds", firing.jitter().toSeconds());
    into.put("starts_at", text(firing.startsAt()));
    into.put("ends_at", text(firing.endsAt()));
    into.put("max_runs", firing.maxRuns());
  }

  private static @Nullable String text(@Nullable Instant instant) {
    return instant == null ? null : instant.toString();
  }
}

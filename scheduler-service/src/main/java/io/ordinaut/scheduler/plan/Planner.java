package io.ordinaut.scheduler.plan;

import io.ordinaut.schedule.Schedule;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides which occurrences of a due task fire and where its cursor goes. Pure.
 *
 * <p>Occurrences up to a minute late fire, each of them. Of older ones, missed while no scheduler
 * ran, the newest fires and the others are recorded as coalesced; older than a day, none does.
 */
public final class Planner {
  private static final Duration NEAR = Duration.ofSeconds(60);
  private static final Duration WINDOW = Duration.ofDays(1);

  /** Of one task in one tick; what is left is planned by the next. */
  private static final int MOST_OCCURRENCES = 1_000;

  private Planner() {}

  /**
   * The plan for one due task.
   *
   * @param lookAhead how long before its time an occurrence is emitted
   */
  public static Plan plan(DueTask task, Duration lookAhead) {
    Schedule schedule = task.schedule();
    if (schedule.isOneTime()) {
      Instant at = task.nextRun();
      return new Plan(
          List.of(new Emission(task.id(), at, true)),
          List.of(),
          new Advance(task.id(), at, at, 1, false));
    }
    List<Instant> late = new ArrayList<>();
    List<Instant> near = new ArrayList<>();
    Instant next = owed(task, schedule, task.now().plus(lookAhead), late, near);
    boolean allKnown = next == null || next.isAfter(task.now().minus(NEAR));

    List<Skip> skips = new ArrayList<>();
    if (allKnown && !late.isEmpty()) {
      Instant newest = late.remove(late.size() - 1);
      if (newest.isBefore(task.now().minus(WINDOW))) {
        late.add(newest);
        skip(task, late, "misfire_skipped", skips);
      } else {
        near.add(0, newest);
        skip(task, late, "coalesced", skips);
      }
    } else {
      skip(task, late, "coalesced", skips);
    }
    return plan(task, near, skips, next);
  }

  /** Sorts what is owed into late and near, and answers with what follows. */
  private static @Nullable Instant owed(
      DueTask task, Schedule schedule, Instant until, List<Instant> late, List<Instant> near) {
    Instant nearFrom = task.now().minus(NEAR);
    Instant at = task.nextRun();
    for (int i = 0; i < MOST_OCCURRENCES && at != null && !at.isAfter(until); i++) {
      (at.isBefore(nearFrom) ? late : near).add(at);
      at = schedule.next(at).orElse(null);
    }
    return at;
  }

  private static void skip(DueTask task, List<Instant> span, String reason, List<Skip> skips) {
    if (!span.isEmpty()) {
      skips.add(new Skip(task.id(), span.get(0), span.get(span.size() - 1), span.size(), reason));
    }
  }

  private static Plan plan(
      DueTask task, List<Instant> fires, List<Skip> skips, @Nullable Instant next) {
    List<Emission> emissions = new ArrayList<>();
    for (int i = 0; i < fires.size(); i++) {
      boolean isLast = next == null && i == fires.size() - 1;
      emissions.add(new Emission(task.id(), fires.get(i), isLast));
    }
    Instant lastEmitted = fires.isEmpty() ? null : fires.get(fires.size() - 1);
    return new Plan(
        emissions,
        skips,
        new Advance(task.id(), next, lastEmitted, fires.size(), next == null && fires.isEmpty()));
  }
}

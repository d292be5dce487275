package io.ordinaut.task;

import io.ordinaut.schedule.Schedule;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The occurrences that are still to come, as the scheduler will find them. Pure. */
public final class Forecast {
  private Forecast() {}

  /**
   * The next occurrences of a task after the given instant, in order. None while it is paused or
   * over, and none of a task that waits for events.
   *
   * @param until the last instant to look at
   * @param most how many at the most
   */
  public static List<Instant> of(Task task, Instant after, Instant until, int most) {
    if (task.status() != TaskStatus.ACTIVE || task.nextRun() == null) {
      return List.of();
    }
    Schedule schedule = TaskDraft.schedule(task.spec(), task.scheduleAnchor());
    List<Instant> found = new ArrayList<>();
    Instant at = first(task, schedule, after);
    long left = runsLeft(task, after);
    while (at != null && !at.isAfter(until) && found.size() < Math.min(most, left)) {
      found.add(at);
      at = schedule.isOneTime() ? null : schedule.next(at).orElse(null);
    }
    return found;
  }

  /** The cursor is the truth; what was emitted ahead of its time lies before it. */
  private static @Nullable Instant first(Task task, Schedule schedule, Instant after) {
    Instant cursor = task.nextRun();
    if (cursor == null || schedule.isOneTime()) {
      return cursor != null && cursor.isAfter(after) ? cursor : null;
    }
    boolean emittedAhead = task.lastRun() != null && task.lastRun().isAfter(after);
    return cursor.isAfter(after) && !emittedAhead ? cursor : schedule.next(after).orElse(null);
  }

  private static long runsLeft(Task task, Instant after) {
    Long most = task.spec().firing().maxRuns();
    boolean emittedAhead = task.lastRun() != null && task.lastRun().isAfter(after);
    return most == null
        ? Long.MAX_VALUE
        : Math.max(0, most - task.runsStarted()) + (emittedAhead ? 1 : 0);
  }
}

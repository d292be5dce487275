package io.ordinaut.task;

import io.ordinaut.schedule.Schedule;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The occurrences that are still to come, as the scheduler will find them. Pure. */
public final class Forecast {
  private Forecast() {}

  /** More of them within a day make a task dense. */
  private static final int OFTEN = 24;

  private static final Duration A_DAY = Duration.ofDays(1);

  /**
   * One of them, which knows those that follow.
   *
   * @param schedule that names it
   * @param at when
   * @param runsLeft how many occurrences may still fire, this one among them
   */
  public record Occurrence(Schedule schedule, Instant at, long runsLeft) {
    /** The one that follows. */
    public Optional<Occurrence> next() {
      return runsLeft <= 1 || schedule.isOneTime()
          ? Optional.empty()
          : schedule.next(at).map(next -> new Occurrence(schedule, next, runsLeft - 1));
    }

    /** Whether more than 24 fall into the 24 hours that begin with this one. */
    public boolean isDense() {
      Instant end = at.plus(A_DAY);
      Optional<Occurrence> later = next();
      for (int i = 1; i < OFTEN && within(later, end); i++) {
        later = later.flatMap(Occurrence::next);
      }
      return within(later, end);
    }

    private static boolean within(Optional<Occurrence> one, Instant end) {
      return one.isPresent() && one.get().at().isBefore(end);
    }
  }

  /**
   * The next occurrences of a task after the given instant, in order. None while it is paused or
   * over, and none of a task that waits for events.
   *
   * @param until the last instant to look at
   * @param most how many at the most
   */
  public static List<Instant> of(Task task, Instant after, Instant until, int most) {
    List<Instant> found = new ArrayList<>();
    Optional<Occurrence> next = first(task, after);
    while (next.isPresent() && !next.get().at().isAfter(until) && found.size() < most) {
      found.add(next.get().at());
      next = next.get().next();
    }
    return found;
  }

  /**
   * The next occurrence of a task after the given instant. None while it is paused or over, and
   * none of a task that waits for events.
   *
   * @throws io.ordinaut.failure.InvalidInputException when its schedule can't be read
   */
  public static Optional<Occurrence> first(Task task, Instant after) {
    if (task.status() != TaskStatus.ACTIVE || task.nextRun() == null) {
      return Optional.empty();
    }
    Schedule schedule = TaskDraft.schedule(task.spec(), task.scheduleAnchor());
    long left = runsLeft(task, after);
    Instant at = left == 0 ? null : first(task, schedule, after);
    return at == null ? Optional.empty() : Optional.of(new Occurrence(schedule, at, left));
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

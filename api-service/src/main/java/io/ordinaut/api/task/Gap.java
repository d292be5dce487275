package io.ordinaut.api.task;

import io.ordinaut.schedule.Schedule;
import io.ordinaut.schedule.Tally;
import io.ordinaut.task.Task;
import io.ordinaut.task.TaskDraft;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The occurrences from a recurring task's cursor on that will not fire, such as those that a pause
 * has swallowed.
 *
 * @param first of them, null when there are none
 * @param last of them, null when there are none
 * @param count how many
 * @param next the first one after them, null when the schedule has ended
 */
record Gap(@Nullable Instant first, @Nullable Instant last, long count, @Nullable Instant next) {
  static final Gap NONE = new Gap(null, null, 0, null);

  /** A single occurrence. */
  static Gap of(Instant at) {
    return new Gap(at, at, 1, null);
  }

  /** From a task's cursor to the given instant. */
  static Gap until(Task task, Instant now) {
    Instant first = task.nextRun();
    return first == null || first.isAfter(now) ? NONE : of(first).goingOn(task, now);
  }

  /** This one and what follows it, to the given instant. */
  Gap goingOn(Task task, Instant now) {
    if (first == null || last == null) {
      return until(task, now);
    }
    Schedule schedule = TaskDraft.schedule(task.spec(), task.scheduleAnchor());
    Tally more = schedule.tally(last, now);
    Instant end = more.last() == null ? last : more.last();
    return new Gap(first, end, count + more.count(), schedule.next(end).orElse(null));
  }

  /** This one in the parts that lie between the given instants. */
  List<Gap> around(NavigableSet<Instant> instants, Task task) {
    if (first == null || last == null || instants.isEmpty()) {
      return List.of(this);
    }
    Schedule schedule = TaskDraft.schedule(task.spec(), task.scheduleAnchor());
    List<Instant> ends = new ArrayList<>(instants);
    ends.add(last.plusNanos(1));
    List<Gap> parts = new ArrayList<>();
    Instant begin = first;
    for (Instant end : ends) {
      if (begin != null && begin.isBefore(end)) {
        parts.add(of(begin).goingOn(task, end.minusNanos(1)));
      }
      begin = schedule.next(end).orElse(null);
    }
    return parts;
  }

  /** Whether a task stands where it stood, so that what was counted before still holds. */
  static boolean holds(Task before, Task task) {
    return before.version() == task.version()
        && before.status() == task.status()
        && before.updatedAt().equals(task.updatedAt())
        && Objects.equals(before.nextRun(), task.nextRun())
        && Objects.equals(before.lastEmitted(), task.lastEmitted());
  }
}

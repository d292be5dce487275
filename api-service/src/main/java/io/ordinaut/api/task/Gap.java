package io.ordinaut.api.task;

import io.ordinaut.schedule.Schedule;
import io.ordinaut.schedule.Tally;
import io.ordinaut.task.Task;
import io.ordinaut.task.TaskDraft;
import java.time.Instant;
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

  /** From a task's cursor to the given instant. */
  static Gap until(Task task, Instant now) {
    Instant first = task.nextRun();
    return first == null || first.isAfter(now)
        ? NONE
        : new Gap(first, first, 1, first).goingOn(task, now);
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

  /** Whether a task stands where it stood, so that what was counted before still holds. */
  static boolean holds(Task before, Task task) {
    return before.version() == task.version()
        && before.status() == task.status()
        && before.updatedAt().equals(task.updatedAt())
        && Objects.equals(before.nextRun(), task.nextRun())
        && Objects.equals(before.lastEmitted(), task.lastEmitted());
  }
}

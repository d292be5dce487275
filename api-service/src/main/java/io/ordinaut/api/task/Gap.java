package io.ordinaut.api.task;

import io.ordinaut.schedule.Schedule;
import io.ordinaut.task.Task;
import io.ordinaut.task.TaskDraft;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The occurrences that a pause has swallowed.
 *
 * @param first of them, null when there are none
 * @param last of them, null when there are none
 * @param count how many
 * @param next the first one after them, null when the schedule has ended
 */
record Gap(@Nullable Instant first, @Nullable Instant last, long count, @Nullable Instant next) {
  static final Gap NONE = new Gap(null, null, 0, null);

  /** From a recurring task's cursor to the given instant. */
  static Gap until(Task task, Instant now) {
    return until(task, now, Long.MAX_VALUE);
  }

  /** The same, of which at most so many are counted. */
  static Gap until(Task task, Instant now, long most) {
    Instant first = task.nextRun();
    if (first == null || first.isAfter(now)) {
      return NONE;
    }
    Schedule schedule = TaskDraft.schedule(task.spec(), task.scheduleAnchor());
    Instant last = first;
    long count = 1;
    Optional<Instant> next = schedule.next(first);
    while (next.isPresent() && !next.get().isAfter(now) && count < most) {
      last = next.get();
      count++;
      next = schedule.next(last);
    }
    return new Gap(first, last, count, next.orElse(null));
  }
}

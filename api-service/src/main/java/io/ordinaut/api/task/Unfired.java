package io.ordinaut.api.task;

import io.ordinaut.schedule.Schedule;
import io.ordinaut.store.FiredTable;
import io.ordinaut.store.FiredTable.Stretch;
import io.ordinaut.store.Statements;
import io.ordinaut.task.Task;
import io.ordinaut.task.TaskDraft;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What of a task's occurrences has not fired. The times to come are not all among it: a run may be
 * canceled before its time, and then a cursor that is set back passes it again.
 */
final class Unfired {
  private Unfired() {}

  /** An occurrence, or the first one after it that has not fired. */
  static @Nullable Instant first(
      Statements tx, Task task, Schedule schedule, @Nullable Instant occurrence) {
    Instant last = task.lastRun();
    if (occurrence == null || last == null) {
      return occurrence;
    }
    NavigableSet<Instant> fired = fired(tx, task, occurrence, last);
    Instant at = occurrence;
    while (at != null && fired.contains(at)) {
      at = schedule.next(at).orElse(null);
    }
    return at;
  }

  /** The first occurrence of the new schedule that has not fired by the old one. */
  static @Nullable Instant first(
      Statements tx, Task task, TaskDraft draft, List<Instant> withdrawn) {
    Instant at = draft.firstRun();
    if (at == null) {
      return null;
    }
    Schedule schedule = TaskDraft.schedule(draft.spec(), draft.anchor());
    Set<Instant> fired = firedFrom(tx, task, schedule, at);
    while (at != null && !withdrawn.contains(at) && (isEmitted(task, at) || fired.contains(at))) {
      at = schedule.next(at).orElse(null);
    }
    return at;
  }

  /** Whether an instant has been emitted; the cursor itself has not, unless it says so. */
  private static boolean isEmitted(Task task, Instant at) {
    return at.equals(task.lastRun())
        && (!at.equals(task.nextRun()) || at.equals(task.lastEmitted()));
  }

  /** The parts of a gap that lie between occurrences that have fired. */
  static Iterable<Gap> parts(Statements tx, Task task, Gap gap) {
    return gap.first() == null || gap.last() == null
        ? Collections.emptyList()
        : gap.around(fired(tx, task, gap.first(), gap.last()), task);
  }

  /** What of a schedule has fired from one of its occurrences on. */
  private static NavigableSet<Instant> firedFrom(
      Statements tx, Task task, Schedule schedule, Instant occurrence) {
    Instant last = task.lastRun();
    boolean goesOn = !schedule.isOneTime() && last != null && last.isAfter(occurrence);
    Instant until = goesOn && last != null ? last : occurrence;
    return FiredTable.fired(tx, new Stretch(task.id(), occurrence, until));
  }

  private static NavigableSet<Instant> fired(
      Statements tx, Task task, Instant from, Instant until) {
    Instant last = task.lastRun();
    return last == null || last.isBefore(from)
        ? Collections.emptyNavigableSet()
        : FiredTable.fired(tx, new Stretch(task.id(), from, until));
  }
}

package io.ordinaut.scheduler.plan;

import io.ordinaut.schedule.FiringPolicy;
import io.ordinaut.schedule.Schedule;
import io.ordinaut.schedule.ScheduleKind;
import java.time.Instant;
import java.util.NavigableSet;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A task that owes an occurrence, as the claim found it.
 *
 * @param id of the task
 * @param nextRun its cursor: the first occurrence owed, whatever the expression says
 * @param lastRun the latest occurrence that fired, null if none has; not before the cursor when a
 *     command has set that back
 * @param fired occurrences from the cursor on that have fired already, such as one that was emitted
 *     ahead of its time and canceled before a pause; nearly always none
 * @param now the database's clock at the claim
 * @param runsStarted how many occurrences have fired
 * @param going how many of its runs have not ended; 0 where its policy does not ask
 * @param kind of its schedule
 * @param firing whether and when its occurrences fire
 * @param reading reads what decides about the occurrences that follow; throws when it can't be read
 */
public record DueTask(
    UUID id,
    Instant nextRun,
    @Nullable Instant lastRun,
    NavigableSet<Instant> fired,
    Instant now,
    long runsStarted,
    long going,
    ScheduleKind kind,
    FiringPolicy firing,
    Supplier<Schedule> reading) {
  /** What decides about the occurrences that follow. */
  public Schedule schedule() {
    return reading.get();
  }

  /** Whether some of what its cursor owes may have fired already. */
  public boolean wasSetBack() {
    return !latest().isBefore(nextRun);
  }

  /** The latest occurrence that fired; before all others when none has. */
  public Instant latest() {
    return lastRun == null ? Instant.MIN : lastRun;
  }

  /** The same with what has fired from its cursor on. */
  public DueTask having(NavigableSet<Instant> fired) {
    return new DueTask(id, nextRun, lastRun, fired, now, runsStarted, going, kind, firing, reading);
  }

  /** How many more occurrences may fire before the task has had all its runs. */
  long runsLeft() {
    Long most = firing.maxRuns();
    return most == null ? Long.MAX_VALUE : Math.max(0, most - runsStarted);
  }
}

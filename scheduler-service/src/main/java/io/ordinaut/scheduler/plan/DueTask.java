package io.ordinaut.scheduler.plan;

import io.ordinaut.schedule.FiringPolicy;
import io.ordinaut.schedule.Schedule;
import io.ordinaut.schedule.ScheduleKind;
import java.time.Instant;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * A task that owes an occurrence, as the claim found it.
 *
 * @param id of the task
 * @param nextRun its cursor: the first occurrence owed, whatever the expression says
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

  /** How many more occurrences may fire before the task has had all its runs. */
  long runsLeft() {
    Long most = firing.maxRuns();
    return most == null ? Long.MAX_VALUE : Math.max(0, most - runsStarted);
  }
}

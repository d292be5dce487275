package io.ordinaut.scheduler.plan;

import io.ordinaut.schedule.Schedule;
import java.time.Instant;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * A task that owes an occurrence, as the claim found it.
 *
 * @param id of the task
 * @param nextRun its cursor: the first occurrence owed, whatever the expression says
 * @param now the database's clock at the claim
 * @param reading reads what decides about the occurrences that follow; throws when it can't be read
 */
public record DueTask(UUID id, Instant nextRun, Instant now, Supplier<Schedule> reading) {
  /** What decides about the occurrences that follow. */
  public Schedule schedule() {
    return reading.get();
  }
}

package io.ordinaut.scheduler.plan;

import java.time.Instant;
import java.util.UUID;

/**
 * A task that owes an occurrence, as the claim found it.
 *
 * @param id of the task
 * @param nextRun its cursor: the first occurrence owed, whatever the expression says
 */
public record DueTask(UUID id, Instant nextRun) {}

package io.ordinaut.scheduler.plan;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Where the cursor of a task goes.
 *
 * @param taskId whose
 * @param nextRun the first occurrence that is not settled; a one-time task keeps its own
 * @param lastEmitted the last occurrence that was emitted; null leaves it as it is
 * @param fired how many were emitted now
 * @param isOver whether nothing follows and no run will settle the task
 * @param reason why the task is over without a last run; null when it is not
 */
public record Advance(
    UUID taskId,
    @Nullable Instant nextRun,
    @Nullable Instant lastEmitted,
    int fired,
    boolean isOver,
    @Nullable String reason) {}

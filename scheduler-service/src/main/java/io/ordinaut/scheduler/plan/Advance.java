package io.ordinaut.scheduler.plan;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Where the cursor of a task goes.
 *
 * @param taskId whose
 * @param nextRun the first occurrence that is not settled; a one-time task keeps its own
 * @param lastEmitted the last occurrence that was emitted
 * @param fired how many were emitted now
 */
public record Advance(UUID taskId, @Nullable Instant nextRun, Instant lastEmitted, int fired) {}

package io.ordinaut.scheduler.plan;

import java.time.Instant;
import java.util.UUID;

/**
 * An occurrence that fires.
 *
 * @param taskId whose
 * @param runAt its nominal time
 * @param isLast whether nothing can follow it
 */
public record Emission(UUID taskId, Instant runAt, boolean isLast) {}

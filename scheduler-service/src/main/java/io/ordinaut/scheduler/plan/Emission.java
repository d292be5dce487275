package io.ordinaut.scheduler.plan;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An occurrence that fires.
 *
 * @param taskId whose
 * @param runAt its nominal time
 * @param availableAt when its work may be leased, where that is not its nominal time
 * @param isLast whether nothing can follow it
 */
public record Emission(UUID taskId, Instant runAt, @Nullable Instant availableAt, boolean isLast) {}

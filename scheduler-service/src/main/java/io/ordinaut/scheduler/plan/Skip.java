package io.ordinaut.scheduler.plan;

import java.time.Instant;
import java.util.UUID;

/**
 * A span of occurrences that do not fire.
 *
 * @param taskId whose
 * @param from the first of them
 * @param to the last of them
 * @param count how many
 * @param reason {@code coalesced} or {@code misfire_skipped}
 */
public record Skip(UUID taskId, Instant from, Instant to, int count, String reason) {}

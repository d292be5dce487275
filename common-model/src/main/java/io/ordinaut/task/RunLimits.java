package io.ordinaut.task;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What bounds the runs of a task.
 *
 * @param concurrencyKey under which runs, also those of other tasks, share the limit; null for none
 * @param concurrencyLimit how many of the task's runs may go on while others of the key do; null
 *     without a key
 * @param timeout the longest that a run may take from its first start on; null for any time
 */
public record RunLimits(
    @Nullable String concurrencyKey,
    @Nullable Integer concurrencyLimit,
    @Nullable Duration timeout) {
  /** Nothing is bounded. */
  public static final RunLimits NONE = new RunLimits(null, null, null);
}

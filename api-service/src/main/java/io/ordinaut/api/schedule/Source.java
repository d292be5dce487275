package io.ordinaut.api.schedule;

import io.ordinaut.schedule.Jitter;
import io.ordinaut.task.Forecast.Occurrence;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What fires, at one of its occurrences.
 *
 * @param taskId null when it is a schedule without a task
 * @param title of the task
 * @param zone where its local times are local
 * @param key under which its runs wait for others; null when they don't
 * @param keyLimit how many runs go on under the key at once
 * @param jitter up to how much later its work becomes available
 * @param occurrence where it stands
 */
record Source(
    @Nullable UUID taskId,
    String title,
    ZoneId zone,
    @Nullable String key,
    int keyLimit,
    Duration jitter,
    Occurrence occurrence) {
  /** The nominal time. */
  Instant at() {
    return occurrence.at();
  }

  /** When a worker may begin. */
  Instant availableAt() {
    Instant spread = taskId == null ? null : Jitter.availableAt(taskId, at(), jitter);
    return spread == null ? at() : spread;
  }

  /** The same at its next occurrence. */
  Optional<Source> next() {
    return occurrence
        .next()
        .map(next -> new Source(taskId, title, zone, key, keyLimit, jitter, next));
  }
}

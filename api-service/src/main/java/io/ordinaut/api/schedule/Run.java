package io.ordinaut.api.schedule;

import java.time.Duration;
import java.time.Instant;

/**
 * A run that is to come.
 *
 * @param source what fires
 * @param at when a worker may begin it
 * @param seconds that it takes typically
 */
record Run(Source source, Instant at, double seconds) {
  /** Seconds from the begin of this run to the begin of another. */
  double secondsTo(Run other) {
    return Duration.between(at, other.at).toMillis() / 1000.0;
  }

  /** Whether it is of the schedule that no task has. */
  boolean isGiven() {
    return source.taskId() == null;
  }
}

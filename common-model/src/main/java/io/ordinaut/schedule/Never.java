package io.ordinaut.schedule;

import java.time.Instant;
import java.util.Optional;

/** The schedule of what does not start by time, such as a task that waits for an event. */
public record Never() implements Schedule {
  @Override
  public Optional<Instant> next(Instant after) {
    return Optional.empty();
  }
}

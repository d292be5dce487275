package io.ordinaut.schedule;

import java.time.Instant;
import java.util.Optional;

/** When something happens. Pure: instants in, instants out. */
public sealed interface Schedule permits Once, Cron, Every, Rrule, Bounded, Never {
  /** The first occurrence strictly after the given instant. */
  Optional<Instant> next(Instant after);

  /** The first occurrence of a task that begins at the given instant. */
  default Optional<Instant> first(Instant from) {
    return next(from.minusNanos(1));
  }

  /** How many occurrences lie after one instant and not after another. */
  default Tally tally(Instant after, Instant until) {
    long count = 0;
    Instant last = null;
    Optional<Instant> next = next(after);
    while (next.isPresent() && !next.get().isAfter(until)) {
      last = next.get();
      count++;
      next = next(last);
    }
    return new Tally(count, last);
  }

  /** Whether nothing can follow an occurrence of this schedule. */
  default boolean isOneTime() {
    return false;
  }
}

package io.ordinaut.api.run;

import io.ordinaut.store.Columns;
import io.ordinaut.work.Ids;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

/** Since when there may be rows of a run: its id has the time, clocks may differ by an hour. */
final class Moments {
  private static final Duration CLOCK_SLACK = Duration.ofHours(1);

  private Moments() {}

  /** The bound of one run, as an argument. */
  static OffsetDateTime bound(UUID id) {
    return bound(List.of(id));
  }

  /** The bound of all of them. */
  static OffsetDateTime bound(Collection<UUID> ids) {
    Instant least =
        ids.stream()
            .map(Ids::momentOf)
            .map(made -> made == null ? Instant.EPOCH : made.minus(CLOCK_SLACK))
            .min(Instant::compareTo)
            .orElse(Instant.EPOCH);
    return Objects.requireNonNull(Columns.argument(least));
  }
}

package io.ordinaut.schedule;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What besides the schedule decides whether and when an occurrence fires.
 *
 * @param overlap when an earlier run is still going
 * @param catchUp when it was missed
 * @param catchUpWindow how late it may be to be caught up with
 * @param jitter up to how much later than its nominal time its work becomes available
 * @param startsAt the first instant at which it may fire; null for no such bound
 * @param endsAt the last instant at which it may fire; null for no such bound
 * @param maxRuns how many occurrences fire in all; null for no such bound
 */
public record FiringPolicy(
    Overlap overlap,
    CatchUp catchUp,
    Duration catchUpWindow,
    Duration jitter,
    @Nullable Instant startsAt,
    @Nullable Instant endsAt,
    @Nullable Long maxRuns) {
  /** What holds when nothing is said. */
  public static final FiringPolicy DEFAULT =
      new FiringPolicy(
          Overlap.ALLOW, CatchUp.LATEST, Duration.ofDays(1), Duration.ZERO, null, null, null);

  /** The schedule within the bounds. */
  public Schedule bound(Schedule schedule) {
    return startsAt == null && endsAt == null ? schedule : new Bounded(schedule, startsAt, endsAt);
  }
}

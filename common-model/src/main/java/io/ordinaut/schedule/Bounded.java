package io.ordinaut.schedule;

import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The part of a schedule that lies between two instants.
 *
 * @param schedule what is bounded
 * @param startsAt the first instant at which it may fire; null for no such bound
 * @param endsAt the last instant at which it may fire; null for no such bound
 */
public record Bounded(Schedule schedule, @Nullable Instant startsAt, @Nullable Instant endsAt)
    implements Schedule {
  @Override
  public Tally tally(Instant after, Instant until) {
    Instant from = startsAt != null && after.isBefore(startsAt) ? startsAt.minusNanos(1) : after;
    Instant to = endsAt != null && until.isAfter(endsAt) ? endsAt : until;
    return to.isBefore(from) ? Tally.NONE : schedule.tally(from, to);
  }

  @Override
  public Optional<Instant> next(Instant after) {
    Instant from = startsAt != null && after.isBefore(startsAt) ? startsAt.minusNanos(1) : after;
    return schedule.next(from).filter(at -> endsAt == null || !at.isAfter(endsAt));
  }
}

package io.ordinaut.schedule;

import io.ordinaut.failure.InvalidInputException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A single instant. In the past it is owed at once.
 *
 * @param at when
 * @param local the local time it was written as, null where an offset left nothing to decide
 */
public record Once(Instant at, @Nullable LocalDateTime local) implements Schedule {
  /** An instant that was never a local time. */
  public Once(Instant at) {
    this(at, null);
  }

  /**
   * Reads an ISO-8601 time, with an offset or, in the given zone, without.
   *
   * @throws InvalidInputException naming {@code schedule_expr} when it is none, or falls into a gap
   *     that the policy skips
   */
  public static Once parse(String expression, ZoneId zone, DstPolicy policy) {
    try {
      return new Once(cut(OffsetDateTime.parse(expression).toInstant()));
    } catch (DateTimeException noOffset) {
      return parseLocal(expression, zone, policy);
    }
  }

  private static Once parseLocal(String expression, ZoneId zone, DstPolicy policy) {
    LocalDateTime local;
    try {
      local = LocalDateTime.parse(expression);
    } catch (DateTimeException e) {
      throw new InvalidInputException(
          "schedule_expr",
          "must be an ISO-8601 time such as 2030-01-31T12:00:00Z, or without an offset in the"
              + " task's timezone.");
    }
    List<Instant> instants = policy.place(local, zone);
    if (instants.isEmpty()) {
      throw new InvalidInputException(
          "schedule_expr",
          "names a local time that does not exist in "
              + zone
              + " and dst_gap is skip: it would"
              + " never fire.");
    }
    return new Once(cut(instants.get(0)), local);
  }

  private static Instant cut(Instant instant) {
    Instant cut = instant.truncatedTo(ChronoUnit.MICROS);
    if (cut.isBefore(Instant.parse("1970-01-01T00:00:00Z"))
        || cut.isAfter(Instant.parse("9999-12-31T23:59:59Z"))) {
      throw new InvalidInputException(
          "schedule_expr", "must name a time between the years 1970 and 9999.");
    }
    return cut;
  }

  /** Its local time, where it has one: no policy takes it away. */
  Candidates candidates(ZoneId zone) {
    WallPattern wall = from -> Optional.ofNullable(local).filter(time -> !time.isBefore(from));
    return new Candidates(this, wall, zone, DstPolicy.DEFAULT, Set.of());
  }

  @Override
  public Optional<Instant> next(Instant after) {
    return at.isAfter(after) ? Optional.of(at) : Optional.empty();
  }

  @Override
  public Optional<Instant> first(Instant from) {
    return Optional.of(at);
  }

  @Override
  public boolean isOneTime() {
    return true;
  }
}

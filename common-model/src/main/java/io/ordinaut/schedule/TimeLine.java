package io.ordinaut.schedule;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Walks a zone's time line segment by segment: stretches between two changes of its offset. Inside
 * one, local times and instants correspond one to one; what becomes of local times that a change
 * jumps over or shows twice is the {@link DstPolicy}'s to say.
 */
final class TimeLine {
  /** More segments than any zone has in 400 years: a search that gets here finds nothing. */
  private static final int MOST_SEGMENTS = 2_000;

  /** No change of an offset moves local time by more. */
  private static final Duration LARGEST_CHANGE = Duration.ofDays(2);

  private final ZoneRules rules;

  TimeLine(ZoneId zone) {
    this.rules = zone.getRules();
  }

  /** A stretch of constant offset. */
  private record Segment(
      ZoneOffset offset, @Nullable ZoneOffsetTransition start, @Nullable ZoneOffsetTransition end) {
    LocalDateTime local(Instant instant) {
      return LocalDateTime.ofInstant(instant, offset);
    }

    boolean holds(Instant instant) {
      return end == null || instant.isBefore(end.getInstant());
    }
  }

  private Segment segmentAt(Instant instant) {
    return new Segment(
        rules.getOffset(instant),
        rules.previousTransition(instant.plusNanos(1)),
        rules.nextTransition(instant));
  }

  /** The first whole second strictly after an instant. */
  static Instant secondAfter(Instant after) {
    return after.truncatedTo(ChronoUnit.SECONDS).plusSeconds(1);
  }

  /**
   * The first occurrence, not before {@code from}, of a pattern of wall-clock times.
   *
   * @param from a whole second
   */
  Optional<Instant> firstByWallClock(WallPattern pattern, DstPolicy policy, Instant from) {
    Instant at = from;
    for (int i = 0; i < MOST_SEGMENTS; i++) {
      Segment segment = segmentAt(at);
      Optional<LocalDateTime> local = pattern.atOrAfter(lowest(segment, policy, at));
      Optional<Instant> plain =
          local.filter(l -> isBelow(l, segment, policy)).map(l -> l.toInstant(segment.offset()));
      Optional<Instant> found = earlier(plain, shifted(pattern, segment, policy, at));
      if (found.isPresent()) {
        return found;
      }
      Optional<Instant> next = nextSegment(segment, at, local);
      if (next.isEmpty()) {
        return Optional.empty();
      }
      at = next.get();
    }
    return Optional.empty();
  }

  /** The first local time of a segment that counts: after an overlap, the second pass may not. */
  private static LocalDateTime lowest(Segment segment, DstPolicy policy, Instant at) {
    LocalDateTime local = segment.local(at);
    ZoneOffsetTransition start = segment.start();
    if (start != null && start.isOverlap() && policy.overlap() == DstOverlap.FIRST) {
      LocalDateTime endOfOverlap = start.getDateTimeBefore();
      return local.isBefore(endOfOverlap) ? endOfOverlap : local;
    }
    return local;
  }

  /** Whether a local time still lies in a segment: before an overlap, the first pass may not. */
  private static boolean isBelow(LocalDateTime local, Segment segment, DstPolicy policy) {
    ZoneOffsetTransition end = segment.end();
    if (end == null) {
      return true;
    }
    return local.isBefore(
        end.isOverlap() && policy.overlap() == DstOverlap.LAST
            ? end.getDateTimeAfter()
            : end.getDateTimeBefore());
  }

  /** A local time in the gap at a segment's start happens later by the length of the gap. */
  private static Optional<Instant> shifted(
      WallPattern pattern, Segment segment, DstPolicy policy, Instant at) {
    ZoneOffsetTransition start = segment.start();
    if (start == null || !start.isGap() || policy.gap() == DstGap.SKIP) {
      return Optional.empty();
    }
    LocalDateTime from = LocalDateTime.ofInstant(at, start.getOffsetBefore());
    if (!from.isBefore(start.getDateTimeAfter())) {
      return Optional.empty();
    }
    return pattern
        .atOrAfter(from)
        .filter(local -> local.isBefore(start.getDateTimeAfter()))
        .map(local -> local.toInstant(start.getOffsetBefore()));
  }

  private static Optional<Instant> earlier(Optional<Instant> one, Optional<Instant> other) {
    if (one.isEmpty() || other.isEmpty()) {
      return one.or(() -> other);
    }
    return one.get().isBefore(other.get()) ? one : other;
  }

  /** Where to look next: the following segment, or the one in which the pattern goes on. */
  private static Optional<Instant> nextSegment(
      Segment segment, Instant at, Optional<LocalDateTime> local) {
    ZoneOffsetTransition end = segment.end();
    if (end == null) {
      return Optional.empty();
    }
    // After a change nearby the clocks may show again what the pattern has already left behind.
    boolean near = Duration.between(at, end.getInstant()).compareTo(LARGEST_CHANGE) < 0;
    if (near) {
      return Optional.of(end.getInstant());
    }
    return local
        .map(l -> l.toInstant(segment.offset()).minus(LARGEST_CHANGE))
        .map(ahead -> ahead.isAfter(end.getInstant()) ? ahead : end.getInstant());
  }

  /**
   * The first occurrence, not before {@code from}, of a pattern that runs by elapsed time: the same
   * instants whatever the clocks on the wall do, filtered by what the clocks show.
   *
   * @param patternIn the pattern as it lies on the local times of an offset
   * @param from a whole second
   */
  Optional<Instant> firstByElapsedTime(Function<ZoneOffset, WallPattern> patternIn, Instant from) {
    Instant at = from;
    for (int i = 0; i < MOST_SEGMENTS; i++) {
      Segment segment = segmentAt(at);
      Optional<LocalDateTime> local =
          patternIn.apply(segment.offset()).atOrAfter(segment.local(at));
      Optional<Instant> found =
          local.map(l -> l.toInstant(segment.offset())).filter(segment::holds);
      if (found.isPresent()) {
        return found;
      }
      Optional<Instant> next = nextSegment(segment, at, local);
      if (next.isEmpty()) {
        return Optional.empty();
      }
      at = next.get();
    }
    return Optional.empty();
  }
}

package io.ordinaut.schedule;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Counts the occurrences of a cron expression. Its fields do not know of each other, so every day
 * on which it fires has as many as any other, and so has every hour: one of each is counted, unless
 * the clocks change in it. Months of seconds are hundreds of days.
 */
final class CronTally {
  private static final List<ChronoUnit> UNITS = List.of(ChronoUnit.DAYS, ChronoUnit.HOURS);

  private final Cron cron;
  private final ZoneId zone;
  private final Map<ChronoUnit, Whole> known = new EnumMap<>(ChronoUnit.class);

  CronTally(Cron cron, ZoneId zone) {
    this.cron = cron;
    this.zone = zone;
  }

  /** What a day or an hour has, if it has any: how many, and how long after its start the last. */
  private record Whole(long count, Duration last) {}

  /** A day or an hour on the wall, its end exclusive. */
  private record Stretch(ChronoUnit unit, Instant start, Instant end) {}

  Tally count(Instant after, Instant until) {
    return count(after, until, UNITS);
  }

  private Tally count(Instant after, Instant until, List<ChronoUnit> units) {
    long count = 0;
    Instant last = null;
    Instant at = after;
    for (Optional<Instant> next = cron.next(at);
        next.isPresent() && !next.get().isAfter(until);
        next = cron.next(at)) {
      Stretch stretch = wholeStretch(at, next.get(), until, units);
      if (stretch == null) {
        count++;
        last = next.get();
        at = last;
      } else {
        Whole whole = whole(stretch);
        count += whole.count();
        last = stretch.start().plus(whole.last());
        at = stretch.end().minusNanos(1);
      }
    }
    return new Tally(count, last);
  }

  /** The longest stretch around an occurrence that lies within bounds and is like any other. */
  private @Nullable Stretch wholeStretch(
      Instant after, Instant occurrence, Instant until, List<ChronoUnit> units) {
    for (ChronoUnit unit : units) {
      ZonedDateTime start = occurrence.atZone(zone).truncatedTo(unit);
      Stretch stretch = new Stretch(unit, start.toInstant(), start.plus(1, unit).toInstant());
      if (after.isBefore(stretch.start())
          && !stretch.end().isAfter(until)
          && isUndisturbed(stretch)) {
        return stretch;
      }
    }
    return null;
  }

  /** A change of the clocks touches what lies within its own length, on either side of it. */
  private boolean isUndisturbed(Stretch stretch) {
    ZoneRules rules = zone.getRules();
    ZoneOffsetTransition before = rules.previousTransition(stretch.end());
    ZoneOffsetTransition after = rules.nextTransition(stretch.end().minusNanos(1));
    return (before == null
            || !before.getInstant().plus(before.getDuration().abs()).isAfter(stretch.start()))
        && (after == null
            || !after.getInstant().minus(after.getDuration().abs()).isBefore(stretch.end()));
  }

  private Whole whole(Stretch stretch) {
    Whole whole = known.get(stretch.unit());
    if (whole == null) {
      List<ChronoUnit> smaller = UNITS.subList(UNITS.indexOf(stretch.unit()) + 1, UNITS.size());
      Tally tally = count(stretch.start().minusNanos(1), stretch.end().minusNanos(1), smaller);
      Instant last = tally.last() == null ? stretch.start() : tally.last();
      whole = new Whole(tally.count(), Duration.between(stretch.start(), last));
      known.put(stretch.unit(), whole);
    }
    return whole;
  }
}

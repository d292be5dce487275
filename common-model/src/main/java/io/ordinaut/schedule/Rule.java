package io.ordinaut.schedule;

import io.ordinaut.failure.InvalidInputException;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.WeekFields;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TimeZone;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.dmfs.rfc5545.DateTime;
import org.dmfs.rfc5545.recur.InvalidRecurrenceRuleException;
import org.dmfs.rfc5545.recur.RecurrenceRule;
import org.dmfs.rfc5545.recur.RecurrenceRule.Part;
import org.dmfs.rfc5545.recur.RecurrenceRule.RfcMode;
import org.dmfs.rfc5545.recur.RecurrenceRuleIterator;
import org.jspecify.annotations.Nullable;

/**
 * The value of one RRULE (RFC 5545, section 3.3.10) on the library that expands it. The library is
 * asked in wall time, as if that were UTC; COUNT and UNTIL can be set aside for those who walk
 * instants.
 */
final class Rule {
  private static final TimeZone WALL = TimeZone.getTimeZone("UTC");

  /** RFC 5545 dates end with the year 9999. */
  private static final long LAST_MILLIS =
      LocalDateTime.of(9999, 12, 31, 23, 59, 59).toEpochSecond(ZoneOffset.UTC) * 1000;

  /** What COUNT may say where occurrences have to be counted one by one. */
  private static final int HIGHEST_COUNT = 100_000;

  /** The same for rules finer than daily that are filtered, where each costs more. */
  private static final int HIGHEST_FINE_COUNT = 1_000;

  private final String value;
  private final RecurrenceRule endless;
  private final @Nullable Integer count;
  private final @Nullable DateTime until;

  private Rule(
      String value, RecurrenceRule endless, @Nullable Integer count, @Nullable DateTime until) {
    this.value = value;
    this.endless = endless;
    this.count = count;
    this.until = until;
  }

  /**
   * Reads the value of an RRULE.
   *
   * @throws IllegalArgumentException when it is none
   */
  static Rule parse(String value) {
    try {
      RecurrenceRule whole = new RecurrenceRule(value, RfcMode.RFC5545_STRICT);
      String withoutEnd = value.replaceAll("(?i);?(COUNT|UNTIL)=[^;]*", "").replaceAll("^;", "");
      Rule rule =
          new Rule(
              value,
              new RecurrenceRule(withoutEnd, RfcMode.RFC5545_STRICT),
              whole.getCount(),
              whole.getUntil());
      rule.refuseEndlessCounting();
      return rule;
    } catch (InvalidRecurrenceRuleException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  /** Its parts by name, as written: FREQ, INTERVAL, BYDAY and so on. */
  Map<String, String> parts() {
    Map<String, String> parts = new TreeMap<>();
    for (String part : value.split(";")) {
      String[] sides = part.split("=", 2);
      if (sides.length == 2) {
        parts.put(sides[0].strip().toUpperCase(Locale.ROOT), sides[1].strip());
      }
    }
    return parts;
  }

  private void refuseEndlessCounting() {
    int highest = isFinerThanDaily() ? HIGHEST_FINE_COUNT : HIGHEST_COUNT;
    if (count != null && count > highest && fixedStep() == null) {
      throw new IllegalArgumentException("its COUNT must not be more than " + highest);
    }
  }

  /**
   * The distance between two occurrences in elapsed time, for a rule finer than daily without
   * BY-parts; null for all others.
   */
  @Nullable Duration fixedStep() {
    boolean filtered = Arrays.stream(Part.values()).anyMatch(this::isFilteredBy);
    return isFinerThanDaily() && !filtered ? period() : null;
  }

  private boolean isFilteredBy(Part part) {
    return part.name().startsWith("BY") && endless.hasPart(part);
  }

  /** INTERVAL times the frequency, for a rule finer than daily. */
  Duration period() {
    return switch (endless.getFreq()) {
      case HOURLY -> Duration.ofHours(endless.getInterval());
      case MINUTELY -> Duration.ofMinutes(endless.getInterval());
      default -> Duration.ofSeconds(endless.getInterval());
    };
  }

  /** Whether it recurs within days, so that elapsed time is what counts. */
  boolean isFinerThanDaily() {
    return switch (endless.getFreq()) {
      case HOURLY, MINUTELY, SECONDLY -> true;
      default -> false;
    };
  }

  /** How many times it occurs, or null for no such end. */
  @Nullable Integer count() {
    return count;
  }

  /**
   * The last instant at which it may occur, or null for no such end.
   *
   * @param overlap which pass a local time means that the clocks show twice; of both, the last
   */
  @Nullable Instant until(ZoneId zone, DstOverlap overlap) {
    if (until == null) {
      return null;
    }
    if (until.isAllDay()) {
      return LocalDate.of(until.getYear(), until.getMonth() + 1, until.getDayOfMonth())
          .plusDays(1)
          .atStartOfDay(zone)
          .toInstant()
          .minusNanos(1);
    }
    if (until.isFloating()) {
      ZonedDateTime local =
          LocalDateTime.of(
                  until.getYear(),
                  until.getMonth() + 1,
                  until.getDayOfMonth(),
                  until.getHours(),
                  until.getMinutes(),
                  until.getSeconds())
              .atZone(zone);
      return (overlap == DstOverlap.FIRST ? local : local.withLaterOffsetAtOverlap()).toInstant();
    }
    return Instant.ofEpochMilli(until.getTimestamp());
  }

  /** Its local times from an anchor, without end. */
  WallPattern endlessFrom(LocalDateTime anchor) {
    return from -> search(anchor, from, true, Integer.MAX_VALUE, local -> true);
  }

  /** Its local times from an anchor, as many as COUNT says of those that count. */
  WallPattern from(LocalDateTime anchor, Predicate<LocalDateTime> counts) {
    Integer most = count;
    if (most == null) {
      return endlessFrom(anchor);
    }
    return from -> search(anchor, from, false, most, counts);
  }

  private Optional<LocalDateTime> search(
      LocalDateTime anchor,
      LocalDateTime from,
      boolean jump,
      int most,
      Predicate<LocalDateTime> counts) {
    try {
      RecurrenceRuleIterator times = iterator(anchor);
      long target = millis(from);
      if (jump && times.hasNext() && times.peekMillis() < target) {
        times.fastForward(target);
      }
      return search(times, target, most, counts);
    } catch (IllegalArgumentException filteredOut) {
      // How the library says that its filters left nothing for too long. For days and longer that
      // is centuries; for finer rules it may be an hour, and an end would be a lie.
      if (isFinerThanDaily()) {
        throw new InvalidInputException(
            "schedule_expr",
            "has a rule that leaves out too much for its frequency; write it with FREQ=DAILY and"
                + " BYHOUR, BYMINUTE, BYSECOND.");
      }
      return Optional.empty();
    }
  }

  /** Threads may share a schedule, but the library completes its rule while it begins to expand. */
  private RecurrenceRuleIterator iterator(LocalDateTime anchor) {
    synchronized (endless) {
      return endless.iterator(millis(anchor), WALL);
    }
  }

  private Optional<LocalDateTime> search(
      RecurrenceRuleIterator times, long target, int most, Predicate<LocalDateTime> counts) {
    int left = most;
    while (left > 0 && times.hasNext()) {
      long next = times.nextMillis();
      if (next > LAST_MILLIS) {
        return Optional.empty();
      }
      LocalDateTime local = LocalDateTime.ofEpochSecond(next / 1000, 0, ZoneOffset.UTC);
      if (isInItsWeek(local) && counts.test(local)) {
        if (next >= target) {
          return Optional.of(local);
        }
        left--;
      }
    }
    return Optional.empty();
  }

  /** The library takes week 53 of a year that has 52 for the first week of the next. */
  private boolean isInItsWeek(LocalDateTime local) {
    if (!endless.hasPart(Part.BYWEEKNO)) {
      return true;
    }
    WeekFields weeks =
        WeekFields.of(DayOfWeek.of((endless.getWeekStart().ordinal() + 6) % 7 + 1), 4);
    int week = local.get(weeks.weekOfWeekBasedYear());
    int last = (int) local.range(weeks.weekOfWeekBasedYear()).getMaximum();
    return endless.getByPart(Part.BYWEEKNO).stream()
        .anyMatch(number -> number == week || number == week - last - 1);
  }

  private static long millis(LocalDateTime local) {
    return local.toEpochSecond(ZoneOffset.UTC) * 1000;
  }
}

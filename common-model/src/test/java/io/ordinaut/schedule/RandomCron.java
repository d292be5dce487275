package io.ordinaut.schedule;

import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneRules;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

/**
 * A cron expression of five fields beside what each field means as bits, so that its occurrences
 * can be found by trying every minute.
 */
record RandomCron(Field minute, Field hour, Field day, Field month, Field weekday) {
  private static final List<String> MONTHS =
      List.of(
          "", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC");

  private static final List<String> WEEKDAYS =
      List.of("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT");

  /** One field as it is written, and the values that it lets through. */
  record Field(String text, BitSet values) {
    boolean isWildcard() {
      return text.equals("*");
    }
  }

  /** A random expression, whose hour is a wildcard or else mostly one at which clocks change. */
  static RandomCron draw(Random random, boolean everyHour) {
    // What */2 restricts differs among crons, so it stands beside no other restricted day field.
    int days = random.nextInt(4);
    return new RandomCron(
        random.nextInt(8) == 0 ? all(0, 59) : field(random, 0, 59, List.of(), true),
        everyHour ? all(0, 23) : field(random, 0, random.nextBoolean() ? 3 : 23, List.of(), false),
        days < 2 ? all(1, 31) : field(random, 1, 31, List.of(), days == 2),
        random.nextInt(3) > 0 ? all(1, 12) : field(random, 1, 12, MONTHS, true),
        days == 0 || days == 2 ? all(0, 6) : sundayOnce(field(random, 0, 7, WEEKDAYS, days == 1)));
  }

  private static Field all(int low, int high) {
    BitSet values = new BitSet();
    values.set(low, high + 1);
    return new Field("*", values);
  }

  private static Field sundayOnce(Field weekday) {
    BitSet values = (BitSet) weekday.values().clone();
    if (values.get(7)) {
      values.clear(7);
      values.set(0);
    }
    return new Field(weekday.text(), values);
  }

  private static Field field(Random random, int low, int high, List<String> names, boolean steps) {
    BitSet values = new BitSet();
    if (steps && random.nextInt(4) == 0) {
      int step = 2 + random.nextInt((high - low) / 2);
      for (int value = low; value <= high; value += step) {
        values.set(value);
      }
      return new Field("*/" + step, values);
    }
    List<String> parts = new ArrayList<>();
    int most = 1 + random.nextInt(3);
    for (int i = 0; i < most; i++) {
      parts.add(part(random, low, high, names, values));
    }
    return new Field(String.join(",", parts), values);
  }

  private static String part(Random random, int low, int high, List<String> names, BitSet values) {
    int first = low + random.nextInt(high - low + 1);
    int last = first + random.nextInt(high - first + 1);
    if (first == last || random.nextBoolean()) {
      values.set(first);
      return written(random, first, names);
    }
    int step = random.nextInt(3) == 0 ? 1 + random.nextInt(last - first) : 1;
    for (int value = first; value <= last; value += step) {
      values.set(value);
    }
    String range = written(random, first, names) + "-" + written(random, last, names);
    return step == 1 ? range : range + "/" + step;
  }

  private static String written(Random random, int value, List<String> names) {
    return value < names.size() && random.nextBoolean() ? names.get(value) : String.valueOf(value);
  }

  String text() {
    return String.join(" ", minute.text(), hour.text(), day.text(), month.text(), weekday.text());
  }

  /** The occurrences after an instant, within days, as many as asked for: every minute is tried. */
  List<Instant> occurrences(Instant after, int days, int most, ZoneId zone, DstPolicy policy) {
    Instant to = after.plus(days, ChronoUnit.DAYS);
    return hour.isWildcard()
        ? byElapsedTime(after, to, most, zone)
        : byWallClock(after, to, zone, policy).stream().limit(most).toList();
  }

  private List<Instant> byElapsedTime(Instant after, Instant to, int most, ZoneId zone) {
    List<Instant> found = new ArrayList<>();
    Instant at = after.truncatedTo(ChronoUnit.MINUTES).plus(1, ChronoUnit.MINUTES);
    for (; !at.isAfter(to) && found.size() < most; at = at.plus(1, ChronoUnit.MINUTES)) {
      LocalDateTime local = LocalDateTime.ofInstant(at, zone);
      if (minute.values().get(local.getMinute()) && isOnDay(local.toLocalDate())) {
        found.add(at);
      }
    }
    return found;
  }

  private Set<Instant> byWallClock(Instant after, Instant to, ZoneId zone, DstPolicy policy) {
    TreeSet<Instant> found = new TreeSet<>();
    LocalDate date = LocalDate.ofInstant(after, zone).minusDays(2);
    LocalDate last = LocalDate.ofInstant(to, zone).plusDays(2);
    for (; !date.isAfter(last); date = date.plusDays(1)) {
      for (int i = 0; i < 24 * 60 && isOnDay(date); i++) {
        if (hour.values().get(i / 60) && minute.values().get(i % 60)) {
          found.addAll(placed(date.atTime(i / 60, i % 60), zone, policy));
        }
      }
    }
    return found.subSet(after, false, to, true);
  }

  /** What a zone's own rules make of a local time. */
  static List<Instant> placed(LocalDateTime local, ZoneId zone, DstPolicy policy) {
    ZoneRules rules = zone.getRules();
    List<Instant> valid = rules.getValidOffsets(local).stream().map(local::toInstant).toList();
    if (valid.isEmpty() && policy.gap() == DstGap.SHIFT) {
      return List.of(local.toInstant(rules.getTransition(local).getOffsetBefore()));
    }
    if (valid.size() < 2 || policy.overlap() == DstOverlap.BOTH) {
      return valid;
    }
    return policy.overlap() == DstOverlap.FIRST ? valid.subList(0, 1) : valid.subList(1, 2);
  }

  private boolean isOnDay(LocalDate date) {
    boolean onDay = day.values().get(date.getDayOfMonth());
    boolean onWeekday = weekday.values().get(date.getDayOfWeek().getValue() % 7);
    boolean either = !day.isWildcard() && !weekday.isWildcard();
    return month.values().get(date.getMonthValue())
        && (either ? onDay || onWeekday : onDay && onWeekday);
  }
}

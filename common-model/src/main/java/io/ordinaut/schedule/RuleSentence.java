package io.ordinaut.schedule;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableSet;
import java.util.SortedSet;
import java.util.stream.Collectors;

/**
 * A recurrence set in English.
 *
 * @param rules its rules, none for a set of dates
 * @param start its DTSTART, or what stands for it
 * @param zone of its local times
 * @param dates its single dates
 * @param exceptions how many dates are excluded
 */
record RuleSentence(
    List<Rule> rules,
    LocalDateTime start,
    ZoneId zone,
    NavigableSet<Instant> dates,
    int exceptions) {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss", Locale.ROOT);

  private static final LocalTime LAST_OF_DAY = LocalTime.of(23, 59, 59);

  /** The whole, without a capital letter and without an end. */
  String phrase() {
    String said =
        rules.isEmpty()
            ? datesAlone()
            : rules.stream().map(this::phrase).collect(Collectors.joining("; also "))
                + (dates.isEmpty() ? "" : ", and on " + English.counted(dates.size(), "more date"));
    return exceptions == 0 ? said : said + ", except on " + English.counted(exceptions, "date");
  }

  /** The day of the month that some months lack and that the first such rule asks for, or 0. */
  int lowestRareDay() {
    return rules.stream()
        .mapToInt(rule -> new RuleDays(rule.parts(), start).rareDay())
        .filter(day -> day > 0)
        .findFirst()
        .orElse(0);
  }

  private String datesAlone() {
    if (dates.size() < 2) {
      return "once, at " + (dates.isEmpty() ? TIME.format(start) : time(dates.first()));
    }
    return "on "
        + dates.size()
        + " dates from "
        + time(dates.first())
        + " to "
        + time(dates.last());
  }

  private String phrase(Rule rule) {
    Map<String, String> parts = rule.parts();
    boolean counting = !parts.getOrDefault("INTERVAL", "1").equals("1");
    String times = rule.isFinerThanDaily() ? fineTimes(parts) : timesOfDay(parts);
    StringBuilder said = new StringBuilder(new RuleDays(parts, start).phrase());
    if (!times.isEmpty()) {
      said.append(times.startsWith("at") && said.indexOf(",") < 0 ? " " : ", ").append(times);
    }
    if (counting && !parts.getOrDefault("WKST", "MO").equals("MO")) {
      said.append(", in weeks that begin on ")
          .append(English.day(RuleDays.day(parts.getOrDefault("WKST", "MO"))));
    }
    if (rule.count() != null) {
      said.append(", ").append(English.counted(rule.count(), "time"));
    }
    if (counting || rule.count() != null) {
      said.append(counting ? ", counted" : "").append(" from ").append(TIME.format(start));
    }
    Instant until = rule.until(zone, DstOverlap.FIRST);
    return until == null ? said.toString() : said.append(", until ").append(end(until)).toString();
  }

  /** A time, or the day that it ends. */
  private String end(Instant until) {
    LocalDateTime local = LocalDateTime.ofInstant(until, zone);
    boolean wholeDay = local.toLocalTime().truncatedTo(ChronoUnit.SECONDS).equals(LAST_OF_DAY);
    return wholeDay ? local.toLocalDate().toString() : TIME.format(local);
  }

  private String time(Instant at) {
    return TIME.format(LocalDateTime.ofInstant(at, zone));
  }

  private String timesOfDay(Map<String, String> parts) {
    return new TimesOfDay(
            RuleDays.numbers(parts.get("BYHOUR"), start.getHour()),
            RuleDays.numbers(parts.get("BYMINUTE"), start.getMinute()),
            RuleDays.numbers(parts.get("BYSECOND"), start.getSecond()))
        .phrase();
  }

  /** What stands for times in a rule finer than daily: its own unit filters, smaller ones add. */
  private static String fineTimes(Map<String, String> parts) {
    List<String> units = List.of("HOUR", "MINUTE", "SECOND");
    String frequency = parts.getOrDefault("FREQ", "").replace("LY", "");
    return units.stream()
        .filter(unit -> parts.containsKey("BY" + unit))
        .filter(unit -> !"0".equals(parts.get("BYSECOND")) || !unit.equals("SECOND"))
        .map(
            unit -> {
              SortedSet<Integer> numbers = RuleDays.numbers(parts.get("BY" + unit), 0);
              boolean adds = units.indexOf(unit) > units.indexOf(frequency);
              return (adds ? "at " : "in ")
                  + unit.toLowerCase(Locale.ROOT)
                  + (numbers.size() == 1 ? " " : "s ")
                  + English.runs(numbers, number -> "" + number);
            })
        .collect(Collectors.joining(", "));
  }
}

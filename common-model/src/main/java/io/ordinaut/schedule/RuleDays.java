package io.ordinaut.schedule;

import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The days of one rule in English: its frequency and what narrows it down.
 *
 * @param parts the parts of the rule by name
 * @param start its DTSTART, which says what the parts leave open
 */
record RuleDays(Map<String, String> parts, LocalDateTime start) {
  private static final List<String> DAYS = List.of("MO", "TU", "WE", "TH", "FR", "SA", "SU");

  /** The whole, without a capital letter and without an end. */
  String phrase() {
    if (areWeekDaysAlone()) {
      String days = English.runs(plainDays(), English::day);
      return (days.contains(" to ") ? "every day, " + days : "every " + days) + months(" ");
    }
    String days = days();
    return English.every(interval(), noun())
        + (days.isEmpty() ? "" : " " + days)
        + (has("BYMONTHDAY") || isLeftToStart() ? months(" of ") : months(" "))
        + (has("BYSETPOS") && nameOfSet() == null
            ? ", of these only the " + ordinals("BYSETPOS")
            : "");
  }

  /** The lowest day of the month it asks for, if only some months have it, or 0. */
  int rareDay() {
    boolean other =
        Stream.of("BYDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS", "BYMONTH").anyMatch(this::has);
    if (other || !frequency().equals("MONTHLY")) {
      return 0;
    }
    int lowest = numbers(parts.get("BYMONTHDAY"), start.getDayOfMonth()).first();
    return lowest > 28 ? lowest : 0;
  }

  /** The number of a day of the week, Monday being 1. */
  static int day(String name) {
    return DAYS.indexOf(name) + 1;
  }

  /** The numbers in the value of a part, or one for a part that is absent. */
  static SortedSet<Integer> numbers(@Nullable String value, int absent) {
    if (value == null) {
      return English.range(absent, absent);
    }
    return Stream.of(value.split(","))
        .map(number -> Integer.parseInt(number.strip().replace("+", "")))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private boolean has(String part) {
    return parts.containsKey(part);
  }

  private String frequency() {
    return parts.getOrDefault("FREQ", "");
  }

  private int interval() {
    return Integer.parseInt(parts.getOrDefault("INTERVAL", "1"));
  }

  private String noun() {
    return frequency().equals("DAILY")
        ? "day"
        : frequency().toLowerCase(Locale.ROOT).replaceAll("ly$", "");
  }

  private boolean isDailyOrLonger() {
    return List.of("DAILY", "WEEKLY", "MONTHLY", "YEARLY").contains(frequency());
  }

  /** Whether it is but a list of days of the week. */
  private boolean areWeekDaysAlone() {
    return has("BYDAY")
        && numberedDays().isEmpty()
        && interval() == 1
        && isDailyOrLonger()
        && Stream.of("BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS").noneMatch(this::has);
  }

  private boolean isLeftToStart() {
    return List.of("MONTHLY", "YEARLY").contains(frequency())
        && Stream.of("BYDAY", "BYYEARDAY", "BYWEEKNO").noneMatch(this::has);
  }

  private String days() {
    List<String> words = new ArrayList<>();
    if (has("BYWEEKNO")) {
      words.add("in week " + English.runs(numbers(parts.get("BYWEEKNO"), 1), n -> "" + n));
    }
    if (has("BYYEARDAY")) {
      words.add("on the " + ordinals("BYYEARDAY") + " day of the year");
    }
    if (has("BYMONTHDAY")) {
      boolean ofAnyMonth = !frequency().equals("MONTHLY") && !has("BYMONTH");
      words.add("on the " + monthDays() + (ofAnyMonth ? " of every month" : ""));
    }
    if (has("BYDAY")) {
      words.add(
          has("BYYEARDAY") || has("BYMONTHDAY")
              ? ", if it is a " + weekDays()
              : "on " + weekDays());
    } else if (!has("BYYEARDAY") && !has("BYMONTHDAY")) {
      words.add(fromStart());
    }
    return words.stream()
        .filter(word -> !word.isEmpty())
        .collect(Collectors.joining(" "))
        .replace(" , ", ", ");
  }

  /** What a rule leaves to its start. */
  private String fromStart() {
    String day = "on the " + English.nth(start.getDayOfMonth());
    if (frequency().equals("WEEKLY") || has("BYWEEKNO")) {
      return "on " + English.day(start.getDayOfWeek().getValue());
    }
    if (frequency().equals("YEARLY")) {
      return has("BYMONTH") ? day : day + " of " + English.month(start.getMonthValue());
    }
    return frequency().equals("MONTHLY") ? day : "";
  }

  private String months(String before) {
    if (!has("BYMONTH")) {
      return "";
    }
    SortedSet<Integer> months = numbers(parts.get("BYMONTH"), 1);
    return before.isBlank()
        ? before + English.months(months)
        : before + English.runs(months, English::month);
  }

  private SortedSet<Integer> plainDays() {
    return Stream.of(parts.getOrDefault("BYDAY", "").split(","))
        .filter(item -> item.length() == 2)
        .map(RuleDays::day)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private List<String> numberedDays() {
    return Stream.of(parts.getOrDefault("BYDAY", "").split(","))
        .filter(item -> item.length() > 2)
        .map(
            item ->
                "the "
                    + English.ordinal(
                        Integer.parseInt(item.substring(0, item.length() - 2).replace("+", "")))
                    + " "
                    + English.day(day(item.substring(item.length() - 2))))
        .toList();
  }

  private String weekDays() {
    String set = nameOfSet();
    if (set != null) {
      return "the " + ordinals("BYSETPOS") + " " + set;
    }
    List<String> words = new ArrayList<>(numberedDays());
    if (!plainDays().isEmpty()) {
      words.add(0, English.runs(plainDays(), English::day));
    }
    boolean ofYear = frequency().equals("YEARLY") && !has("BYMONTH") && !numberedDays().isEmpty();
    return English.list(words) + (ofYear ? " of the year" : "");
  }

  /** What the days are called of which BYSETPOS takes some; null where there is no name. */
  private @Nullable String nameOfSet() {
    boolean other =
        Stream.of("BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYHOUR", "BYMINUTE", "BYSECOND")
            .anyMatch(part -> parts.getOrDefault(part, "").contains(",") || isDayPart(part));
    if (!has("BYSETPOS") || other || !numberedDays().isEmpty()) {
      return null;
    }
    return switch (English.runs(plainDays(), number -> "" + number)) {
      case "1 to 5" -> "weekday";
      case "6 and 7" -> "weekend day";
      case "1 to 7" -> "day";
      default -> plainDays().size() == 1 ? English.day(plainDays().first()) : null;
    };
  }

  private boolean isDayPart(String part) {
    return has(part) && (part.endsWith("DAY") || part.equals("BYWEEKNO"));
  }

  private String monthDays() {
    SortedSet<Integer> days = numbers(parts.get("BYMONTHDAY"), 1);
    if (days.first() > 0) {
      return English.runs(days, English::nth);
    }
    List<String> words = new ArrayList<>(days.tailSet(1).stream().map(English::nth).toList());
    new TreeSet<>(days.headSet(1))
        .descendingIterator()
        .forEachRemaining(day -> words.add(English.ordinal(day)));
    return English.list(words) + " day";
  }

  private String ordinals(String part) {
    SortedSet<Integer> numbers = numbers(parts.get(part), 1);
    return English.list(
        Stream.concat(numbers.tailSet(1).stream(), numbers.headSet(1).stream())
            .map(English::ordinal)
            .toList());
  }
}

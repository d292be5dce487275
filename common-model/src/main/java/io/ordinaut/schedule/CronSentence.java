package io.ordinaut.schedule;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;

/** A cron expression in English, told by the times it stands for, not by how it is written. */
final class CronSentence {
  private static final List<String> MONTHS =
      List.of("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC");

  private static final List<String> DAYS = List.of("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT");

  private final TimesOfDay times;
  private final String daysOfMonth;
  private final String daysOfWeek;
  private final SortedSet<Integer> months;

  /**
   * @param expression five fields or six, known to be right; no macro
   */
  CronSentence(String expression) {
    List<String> fields = List.of(expression.toUpperCase(Locale.ROOT).split("\\s+"));
    int minute = fields.size() - 5;
    SortedSet<Integer> seconds =
        minute == 0 ? English.range(0, 0) : numbers(fields.get(0), 0, 59, List.of());
    this.times =
        new TimesOfDay(
            numbers(fields.get(minute + 1), 0, 23, List.of()),
            numbers(fields.get(minute), 0, 59, List.of()),
            seconds);
    this.daysOfMonth = fields.get(minute + 2);
    this.months = numbers(fields.get(minute + 3), 1, 12, MONTHS);
    this.daysOfWeek = fields.get(minute + 4);
  }

  /** The whole, without a capital letter and without an end. */
  String phrase() {
    return times.phrase() + days();
  }

  /** The one day of the month it asks for that some months lack, or 0. */
  int lowestRareDay() {
    boolean plain = daysOfMonth.matches("[0-9,]+") && isFree(daysOfWeek);
    int lowest = plain ? numbers(daysOfMonth, 1, 31, List.of()).first() : 0;
    return lowest > 28 ? lowest : 0;
  }

  /** The months it falls in, January being 1. */
  SortedSet<Integer> months() {
    return months;
  }

  private String days() {
    boolean anyMonth = months.size() == 12;
    if (isFree(daysOfMonth) && isFree(daysOfWeek)) {
      return (times.areAllDay() ? "" : " every day")
          + (anyMonth ? "" : (times.areAllDay() ? ", " : " ") + English.months(months));
    }
    String inMonths = anyMonth ? "" : " " + English.months(months);
    if (isFree(daysOfMonth)) {
      return ", " + ofWeek() + (daysOfWeek.matches(".*[#L].*") || anyMonth ? "" : inMonths);
    }
    if (isFree(daysOfWeek)) {
      return ", " + ofMonth();
    }
    return ", " + ofMonth() + " and also " + ofWeek() + (anyMonth ? "" : inMonths);
  }

  private static boolean isFree(String field) {
    return field.equals("*");
  }

  private String ofTheMonths() {
    if (months.size() == 12) {
      return " of every month";
    }
    boolean run = months.size() > 2 && English.runs(months).size() == 1;
    return run
        ? " of every month " + English.months(months)
        : " of " + English.runs(months, English::month);
  }

  private String ofMonth() {
    List<String> words = new ArrayList<>();
    SortedSet<Integer> plain = new TreeSet<>();
    for (String item : daysOfMonth.split(",")) {
      if (item.equals("L")) {
        words.add("the last day");
      } else if (item.equals("LW")) {
        words.add("the last weekday");
      } else if (item.startsWith("L-")) {
        words.add("the " + English.nth(number(item.substring(2))) + " day before the last");
      } else if (item.endsWith("W")) {
        words.add("the weekday nearest the " + English.nth(number(item.replace("W", ""))));
      } else {
        plain.addAll(numbers(item, 1, 31, List.of()));
      }
    }
    if (!plain.isEmpty()) {
      words.add(0, plainDays(plain));
    }
    return "on " + English.list(words) + ofTheMonths();
  }

  private static String plainDays(SortedSet<Integer> days) {
    int step = English.step(days);
    if (step > 1 && days.size() > 4) {
      return "every "
          + English.nth(step)
          + " day from the "
          + English.nth(days.first())
          + " to the "
          + English.nth(days.last());
    }
    return "the " + English.runs(days, English::nth).replace(" to ", " to the ");
  }

  private String ofWeek() {
    List<String> words = new ArrayList<>();
    SortedSet<Integer> plain = new TreeSet<>();
    for (String item : daysOfWeek.split(",")) {
      if (item.contains("#")) {
        String[] parts = item.split("#");
        words.add("on the " + English.ordinal(number(parts[1])) + " " + English.day(day(parts[0])));
      } else if (item.equals("L")) {
        plain.add(7);
      } else if (item.endsWith("L")) {
        words.add("on the last " + English.day(day(item.substring(0, item.length() - 1))));
      } else {
        numbers(item, 0, 7, DAYS).forEach(number -> plain.add(number == 0 ? 7 : number));
      }
    }
    if (!words.isEmpty()) {
      words.set(words.size() - 1, words.get(words.size() - 1) + ofTheMonths());
    }
    if (!plain.isEmpty()) {
      words.add(0, plain.size() == 7 ? "every day" : English.days(plain));
    }
    return English.list(words);
  }

  private static int day(String text) {
    int number = numbers(text, 0, 7, DAYS).first();
    return number == 0 ? 7 : number;
  }

  private static int number(String text) {
    return Integer.parseInt(text);
  }

  private static SortedSet<Integer> numbers(String field, int min, int max, List<String> names) {
    SortedSet<Integer> numbers = new TreeSet<>();
    for (String item : field.split(",")) {
      String[] parts = item.split("/");
      String[] ends = parts[0].split("-");
      boolean all = ends[0].equals("*");
      int from = all ? min : number(ends[0], min, names);
      int to = all || parts.length > 1 ? max : from;
      if (ends.length > 1) {
        to = number(ends[1], min, names);
      }
      int step = parts.length > 1 ? number(parts[1]) : 1;
      for (int i = from; i <= to; i += step) {
        numbers.add(i);
      }
    }
    return numbers;
  }

  private static int number(String text, int min, List<String> names) {
    int named = names.indexOf(text);
    return named < 0 ? number(text) : named + min;
  }
}

package io.ordinaut.schedule;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedSet;

/** Every hour of some, in it every minute of some, in it every second of some: in English. */
record TimesOfDay(
    SortedSet<Integer> hours, SortedSet<Integer> minutes, SortedSet<Integer> seconds) {
  /** More times than this are told by their rule, where they have one. */
  private static final int FEW = 4;

  /** Whether they fill the day, so that nothing need be said about days. */
  boolean areAllDay() {
    return hours.size() == 24;
  }

  /** The times, without a capital letter and without an end. */
  String phrase() {
    if (seconds.size() > 1) {
      return isFew() ? listed() : ofSeconds();
    }
    if (minutes.size() == 1) {
      return ofHours();
    }
    return isFew() ? listed() : ofMinutes();
  }

  private boolean isFew() {
    return hours.size() * minutes.size() * seconds.size() <= FEW;
  }

  private String listed() {
    List<String> times = new ArrayList<>();
    for (int hour : hours) {
      for (int minute : minutes) {
        for (int second : seconds) {
          times.add(clock(hour, minute, second));
        }
      }
    }
    return "at " + English.list(times);
  }

  private String ofHours() {
    int step = English.step(hours);
    if (areAllDay()) {
      return minutes.first() == 0 && seconds.first() == 0
          ? "every hour, on the hour"
          : "every hour at minute " + minutes.first() + atSecond();
    }
    boolean ruled = step > 0 && (step == 1 ? hours.size() > 2 : hours.size() > FEW - 1);
    return ruled ? English.every(step, "hour") + fromTo(hours) : listed();
  }

  private String ofMinutes() {
    int step = English.step(minutes);
    if (fills(minutes, step)) {
      return English.every(step, "minute") + atSecond().replace(",", " at") + inHours();
    }
    if (step > 0 && minutes.size() > FEW) {
      return English.every(step, "minute")
          + " from minute "
          + minutes.first()
          + " to minute "
          + minutes.last()
          + atSecond()
          + ofTheHours();
    }
    return "at " + numbers("minute", minutes) + atSecond() + ofTheHours();
  }

  private String ofSeconds() {
    int step = English.step(seconds);
    String phrase =
        fills(seconds, step)
            ? English.every(step, "second")
            : "at " + numbers("second", seconds) + (minutes.size() == 60 ? " of every minute" : "");
    if (minutes.size() == 60) {
      return phrase + inHours();
    }
    return phrase + " in " + numbers("minute", minutes) + ofTheHours();
  }

  /** Whether numbers of which an hour or a minute has 60 go on in the next without a break. */
  private static boolean fills(SortedSet<Integer> numbers, int step) {
    return step > 0 && numbers.first() == 0 && numbers.size() * step == 60;
  }

  private static String numbers(String noun, SortedSet<Integer> numbers) {
    return noun + (numbers.size() == 1 ? " " : "s ") + English.runs(numbers, n -> "" + n);
  }

  private String atSecond() {
    return seconds.size() > 1 || seconds.first() == 0 ? "" : ", second " + seconds.first();
  }

  /** The hours as stretches of time. */
  private String inHours() {
    if (areAllDay()) {
      return "";
    }
    List<List<Integer>> runs = English.runs(hours);
    if (runs.size() > 3 && English.step(hours) > 0) {
      return " in every " + English.nth(English.step(hours)) + " hour," + fromTo(hours);
    }
    List<String> stretches =
        runs.stream()
            .map(run -> first(run.get(0)) + " to " + last(run.get(run.size() - 1)))
            .toList();
    return " from " + English.list(stretches).replace(" and ", " and from ");
  }

  /** The hours by their numbers. */
  private String ofTheHours() {
    if (areAllDay()) {
      return " of every hour";
    }
    return " of the " + numbers("hour", hours);
  }

  private String fromTo(SortedSet<Integer> of) {
    return " from " + first(of.first()) + " to " + last(of.last());
  }

  private String first(int hour) {
    return clock(hour, minutes.first(), seconds.first());
  }

  private String last(int hour) {
    return clock(hour, minutes.last(), seconds.last());
  }

  private String clock(int hour, int minute, int second) {
    boolean whole = seconds.size() == 1 && seconds.first() == 0;
    return whole
        ? String.format(Locale.ROOT, "%02d:%02d", hour, minute)
        : String.format(Locale.ROOT, "%02d:%02d:%02d", hour, minute, second);
  }
}

package io.ordinaut.schedule;

import java.time.DayOfWeek;
import java.time.Month;
import java.time.format.TextStyle;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.IntFunction;

/** The small words of the sentences that describe schedules. */
final class English {
  private static final List<String> ORDINALS =
      List.of("first", "second", "third", "fourth", "fifth");

  private English() {}

  /** A list as it is spoken: "a", "a and b", "a, b and c". */
  static String list(List<String> words) {
    int last = words.size() - 1;
    return last < 1
        ? String.join("", words)
        : String.join(", ", words.subList(0, last)) + " and " + words.get(last);
  }

  /** Numbers as they are spoken, three or more in a row as "a to b". */
  static String runs(SortedSet<Integer> numbers, IntFunction<String> name) {
    List<String> words = new ArrayList<>();
    for (List<Integer> run : runs(numbers)) {
      if (run.size() < 3) {
        run.forEach(number -> words.add(name.apply(number)));
      } else {
        words.add(name.apply(run.get(0)) + " to " + name.apply(run.get(run.size() - 1)));
      }
    }
    return list(words);
  }

  /** The stretches of numbers without a hole. */
  static List<List<Integer>> runs(SortedSet<Integer> numbers) {
    List<List<Integer>> runs = new ArrayList<>();
    int previous = Integer.MIN_VALUE;
    for (int number : numbers) {
      if (number != previous + 1) {
        runs.add(new ArrayList<>());
      }
      runs.get(runs.size() - 1).add(number);
      previous = number;
    }
    return runs;
  }

  /** The distance that all neighbours have in common, or 0 if there is none. */
  static int step(SortedSet<Integer> numbers) {
    List<Integer> sorted = List.copyOf(numbers);
    int step = sorted.size() < 2 ? 0 : sorted.get(1) - sorted.get(0);
    for (int i = 2; i < sorted.size(); i++) {
      if (sorted.get(i) - sorted.get(i - 1) != step) {
        return 0;
      }
    }
    return step;
  }

  /** The numbers from one to another. */
  static SortedSet<Integer> range(int from, int to) {
    SortedSet<Integer> numbers = new TreeSet<>();
    for (int i = from; i <= to; i++) {
      numbers.add(i);
    }
    return numbers;
  }

  /** "1 minute", "2 minutes". */
  static String counted(long number, String noun) {
    return number + " " + noun + (number == 1 ? "" : "s");
  }

  /** "every minute", "every 2 minutes". */
  static String every(long number, String noun) {
    return number == 1 ? "every " + noun : "every " + counted(number, noun);
  }

  /** "1st", "2nd", "3rd", "11th". */
  static String nth(int number) {
    boolean teen = number % 100 / 10 == 1;
    return number
        + switch (teen ? 0 : number % 10) {
          case 1 -> "st";
          case 2 -> "nd";
          case 3 -> "rd";
          default -> "th";
        };
  }

  /** "first", "last", "second to last", "7th"; negative numbers count from the end. */
  static String ordinal(int number) {
    if (number == -1) {
      return "last";
    }
    if (number < 0) {
      return ordinal(-number) + " to last";
    }
    return number <= ORDINALS.size() ? ORDINALS.get(number - 1) : nth(number);
  }

  /** The name of a day, Monday being 1, Sunday 7. */
  static String day(int number) {
    return DayOfWeek.of(number).getDisplayName(TextStyle.FULL, Locale.ENGLISH);
  }

  /** Days of the week: "Monday to Friday", "on Mondays and Fridays". */
  static String days(Collection<Integer> days) {
    SortedSet<Integer> sorted = new TreeSet<>(days);
    String spoken = runs(sorted, English::day);
    return runs(sorted).stream().anyMatch(run -> run.size() > 2)
        ? spoken
        : "on " + runs(sorted, day -> day(day) + "s");
  }

  /** Months: "in March and June", "from March to May". */
  static String months(Collection<Integer> months) {
    SortedSet<Integer> sorted = new TreeSet<>(months);
    String spoken = runs(sorted, English::month);
    boolean single = runs(sorted).size() == 1 && sorted.size() > 2;
    return (single ? "from " : "in ") + spoken;
  }

  /** The name of a month, January being 1. */
  static String month(int number) {
    return Month.of(number).getDisplayName(TextStyle.FULL, Locale.ENGLISH);
  }

  /** A sentence of a phrase. */
  static String sentence(String phrase) {
    return phrase.substring(0, 1).toUpperCase(Locale.ENGLISH) + phrase.substring(1) + ".";
  }
}

package io.ordinaut.api.schedule;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What is due in a minute.
 *
 * @param at its begin
 * @param runs how many are due
 * @param seconds that they take, all together
 */
record Minute(Instant at, int runs, double seconds) {
  private static final Comparator<Minute> BUSIEST_FIRST =
      Comparator.comparing(Minute::seconds).reversed().thenComparing(Minute::at);

  /** The runs by their minutes. */
  static Map<Instant, Minute> of(Collection<Run> runs) {
    Map<Instant, Minute> minutes = new HashMap<>();
    for (Run run : runs) {
      Instant minute = run.at().truncatedTo(ChronoUnit.MINUTES);
      minutes.merge(minute, new Minute(minute, 1, run.seconds()), Minute::plus);
    }
    return minutes;
  }

  /** Those in which more is due than workers can take, busiest first. */
  static List<Minute> busy(Map<Instant, Minute> minutes, int slots) {
    return minutes.values().stream()
        .filter(minute -> minute.isBusy(slots))
        .sorted(BUSIEST_FIRST)
        .toList();
  }

  private Minute plus(Minute other) {
    return new Minute(at, runs + other.runs, seconds + other.seconds);
  }

  boolean isBusy(int slots) {
    return seconds > slots * 60.0;
  }

  /** How many runs such as these the workers take in a minute. */
  long capacity(int slots) {
    return (long) (slots * 60.0 * runs / seconds);
  }
}

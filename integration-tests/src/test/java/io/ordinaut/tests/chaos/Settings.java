package io.ordinaut.tests.chaos;

import java.nio.file.Path;
import java.time.Duration;

/**
 * What a storm is like.
 *
 * @param seed of the schedule of faults
 * @param duration of the faults
 * @param rate runs a second
 * @param pause between two faults, on average
 * @param report where to write it as Markdown; empty for nowhere
 */
record Settings(long seed, Duration duration, int rate, Duration pause, String report) {
  private static final String PREFIX = "ordinaut.chaos.";

  /**
   * A fault takes a second or two itself: four seconds between them make some 300 in 30 minutes.
   */
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(4);

  /** How long leases last. */
  static final Duration LEASE = Duration.ofSeconds(3);

  /** From the system properties {@code ordinaut.chaos.*}; short unless they say otherwise. */
  static Settings fromProperties() {
    Duration duration = Duration.parse(System.getProperty(PREFIX + "duration", "PT25S"));
    Duration share = duration.dividedBy(20);
    Duration pause = share.compareTo(LONGEST_PAUSE) < 0 ? share : LONGEST_PAUSE;
    return new Settings(
        Long.getLong(PREFIX + "seed", 4),
        duration,
        Integer.getInteger(PREFIX + "rate", 40),
        Duration.parse(System.getProperty(PREFIX + "pause", pause.toString())),
        System.getProperty(PREFIX + "report", ""));
  }

  /** The report's place; relative to the module. */
  Path reportFile() {
    return Path.of(report);
  }
}

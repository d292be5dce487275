package io.ordinaut.service;

import io.quarkus.runtime.configuration.ConfigurationException;
import java.time.Duration;

/** Refuses settings with which a service would only seem to run. */
public final class Bounds {
  private Bounds() {}

  /**
   * Holds a number between two others, both inclusive.
   *
   * @param variable of the environment, which the sentence names
   * @throws ConfigurationException with a sentence when it is not
   */
  public static void check(String variable, int value, int least, int most) {
    if (value < least || value > most) {
      throw new ConfigurationException(
          "%s must be a number from %s to %s, not %s.".formatted(variable, least, most, value));
    }
  }

  /**
   * Holds a duration between two others, both inclusive.
   *
   * @param variable of the environment, which the sentence names
   * @throws ConfigurationException with a sentence when it is not
   */
  public static void check(String variable, Duration value, Duration least, Duration most) {
    if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
      throw new ConfigurationException(
          "%s must be a duration from %s to %s, not %s.".formatted(variable, least, most, value));
    }
  }
}

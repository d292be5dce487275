package io.ordinaut.retry;

import java.util.Locale;

/** How the delay between two attempts grows. */
public enum BackoffStrategy {
  /**
   * Doubles, then 50–100 % of it at random, so that failures of one moment do not return as one.
   */
  EXPONENTIAL_JITTER,
  /** Doubles. */
  EXPONENTIAL,
  /** Grows by the base. */
  LINEAR,
  /** Stays at the base. */
  FIXED;

  /** The value as it is stored and shown. */
  public String stored() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Reads what {@link #stored()} wrote. */
  public static BackoffStrategy of(String stored) {
    return valueOf(stored.toUpperCase(Locale.ROOT));
  }
}

package io.ordinaut.failure;

import java.math.BigDecimal;
import java.time.Duration;

/** How sentences say how long something lasts. */
public final class Seconds {
  private static final int DIGITS_OF_NANOS = 9;

  private Seconds() {}

  /** Such as "0.5 seconds". */
  public static String of(Duration duration) {
    BigDecimal seconds =
        BigDecimal.valueOf(duration.toNanos(), DIGITS_OF_NANOS).stripTrailingZeros();
    return seconds.toPlainString() + (seconds.equals(BigDecimal.ONE) ? " second" : " seconds");
  }
}

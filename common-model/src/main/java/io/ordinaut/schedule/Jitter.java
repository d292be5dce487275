package io.ordinaut.schedule;

import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Spreads work over time, the same for a task and an occurrence whoever asks. Pure. */
public final class Jitter {
  private Jitter() {}

  /**
   * When the work of an occurrence becomes available; null when that is its nominal time.
   *
   * @param most how much later than its nominal time at the most
   */
  public static @Nullable Instant availableAt(UUID taskId, Instant runAt, Duration most) {
    if (most.isZero()) {
      return null;
    }
    long seed =
        taskId.getMostSignificantBits()
            ^ Long.rotateLeft(taskId.getLeastSignificantBits(), 32)
            ^ runAt.toEpochMilli();
    return runAt.plusMillis(Long.remainderUnsigned(mix(seed), most.toMillis() + 1));
  }

  /** The finisher of SplitMix64 (Steele, Lea, Flood 2014): neighbours come out far apart. */
  private static long mix(long seed) {
    long z = seed + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}

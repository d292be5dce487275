package io.ordinaut.retry;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * The delays between the attempts of a run.
 *
 * @param strategy how the delay grows
 * @param baseSeconds the first delay
 * @param maxSeconds the longest delay
 */
public record Backoff(BackoffStrategy strategy, double baseSeconds, double maxSeconds) {
  /** What a task has that names no backoff: from one second to five minutes. */
  public static final Backoff DEFAULT = new Backoff(BackoffStrategy.EXPONENTIAL_JITTER, 1, 300);

  /** The delay after the given number of failed attempts, one or more. */
  public Duration after(int failures, RandomGenerator random) {
    double seconds =
        switch (strategy) {
          case FIXED -> baseSeconds;
          case LINEAR -> baseSeconds * failures;
          case EXPONENTIAL, EXPONENTIAL_JITTER -> baseSeconds * Math.pow(2, failures - 1);
        };
    double capped = Math.min(seconds, maxSeconds);
    double spread =
        strategy == BackoffStrategy.EXPONENTIAL_JITTER ? 0.5 + random.nextDouble() / 2 : 1;
    return Duration.ofNanos((long) (capped * spread * 1e9));
  }
}

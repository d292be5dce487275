package io.ordinaut.retry;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BackoffTest {
  private static Duration after(BackoffStrategy strategy, int failures) {
    return new Backoff(strategy, 2, 20).after(failures, new Random(7));
  }

  @Test
  void delays_grow_as_their_strategy_says_up_to_the_longest() {
    assertThat(after(BackoffStrategy.FIXED, 9)).isEqualTo(Duration.ofSeconds(2));
    assertThat(after(BackoffStrategy.LINEAR, 3)).isEqualTo(Duration.ofSeconds(6));
    assertThat(after(BackoffStrategy.LINEAR, 30)).isEqualTo(Duration.ofSeconds(20));
    assertThat(after(BackoffStrategy.EXPONENTIAL, 1)).isEqualTo(Duration.ofSeconds(2));
    assertThat(after(BackoffStrategy.EXPONENTIAL, 3)).isEqualTo(Duration.ofSeconds(8));
    assertThat(after(BackoffStrategy.EXPONENTIAL, 2_000)).isEqualTo(Duration.ofSeconds(20));
  }

  @Test
  void jitter_keeps_half_of_it_at_least() {
    Random random = new Random(1);
    Backoff backoff = new Backoff(BackoffStrategy.EXPONENTIAL_JITTER, 1, 300);
    for (int i = 0; i < 1_000; i++) {
      assertThat(backoff.after(3, random)).isBetween(Duration.ofSeconds(2), Duration.ofSeconds(4));
    }
  }
}

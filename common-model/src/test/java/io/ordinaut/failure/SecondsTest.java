package io.ordinaut.failure;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class SecondsTest {
  @Test
  void a_duration_is_said_as_people_say_it() {
    assertThat(Seconds.of(Duration.ofMillis(500))).isEqualTo("0.5 seconds");
    assertThat(Seconds.of(Duration.ofSeconds(1))).isEqualTo("1 second");
    assertThat(Seconds.of(Duration.ofMinutes(10))).isEqualTo("600 seconds");
    assertThat(Seconds.of(Duration.ZERO)).isEqualTo("0 seconds");
  }
}

package io.ordinaut.tests.components;

import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.scheduler.loop.RetentionConfig;
import io.ordinaut.scheduler.loop.SchedulerConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What holds where nobody has said anything else. */
class SchedulerConfigTest {
  private final SchedulerConfig config =
      new SmallRyeConfigBuilder()
          .withMapping(SchedulerConfig.class)
          .build()
          .getConfigMapping(SchedulerConfig.class);

  @Test
  void history_is_kept_for_a_week_a_month_or_three() {
    RetentionConfig retention = config.retention();
    assertThat(retention.work()).isEqualTo(Duration.ofDays(7));
    assertThat(retention.runs()).isEqualTo(Duration.ofDays(90));
    assertThat(retention.events()).isEqualTo(Duration.ofDays(30));
    assertThat(retention.dedupe()).isEqualTo(Duration.ofDays(7));
  }

  @Test
  void the_stream_keeps_a_hundred_thousand_events() {
    assertThat(config.eventStreamLength()).isEqualTo(100_000);
  }
}

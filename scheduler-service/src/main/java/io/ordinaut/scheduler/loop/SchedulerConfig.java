package io.ordinaut.scheduler.loop;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of scheduler-service. */
@ConfigMapping(prefix = "ordinaut.scheduler")
public interface SchedulerConfig {
  /** Whether this process schedules at all. */
  @WithDefault("true")
  boolean enabled();

  /** How long before its time work is put in place. */
  @WithDefault("PT2S")
  Duration lookAhead();

  /** The most tasks that one transaction claims. */
  @WithDefault("500")
  int batchSize();

  /** The longest sleep between two looks at the tasks; half of it while Redis can't be reached. */
  @WithDefault("PT1S")
  Duration poll();

  /** How many events the stream in Redis keeps, about. */
  @WithDefault("100000")
  int eventStreamLength();

  /** How long history is kept. */
  RetentionConfig retention();
}

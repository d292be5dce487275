package io.ordinaut.scheduler.loop;

import io.smallrye.config.WithDefault;
import java.time.Duration;

/**
 * How long history is kept. Partitions go when all that they hold is older: work by days, runs,
 * logs and events by weeks.
 */
public interface RetentionConfig {
  /** Work that is done; what became of it stands in the runs. */
  @WithDefault("P7D")
  Duration work();

  /** Runs, their logs, and the record of what did not fire. */
  @WithDefault("P90D")
  Duration runs();

  /** Events. */
  @WithDefault("P30D")
  Duration events();

  /** For how long the id of an event keeps it from being stored again. */
  @WithDefault("P7D")
  Duration dedupe();
}

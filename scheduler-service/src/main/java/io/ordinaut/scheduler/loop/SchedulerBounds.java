package io.ordinaut.scheduler.loop;

import io.ordinaut.service.Bounds;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.time.Duration;

/** Refuses, before anything else starts, settings with which nothing would be scheduled. */
@ApplicationScoped
public class SchedulerBounds {
  /** For how long publishing knows an id: to keep it longer would promise what is not done. */
  private static final Duration LONGEST_DEDUPE = Duration.ofDays(7);

  private static final Duration LEAST_KEPT = Duration.ofHours(1);
  private static final Duration LONGEST_KEPT = Duration.ofDays(36_500);

  private final SchedulerConfig config;

  @Inject
  SchedulerBounds(SchedulerConfig config) {
    this.config = config;
  }

  void onStart(@Observes @Priority(1) StartupEvent event) {
    check(config);
  }

  /**
   * Looks at all of them.
   *
   * @throws io.quarkus.runtime.configuration.ConfigurationException with a sentence on the first
   *     that can't be
   */
  public static void check(SchedulerConfig config) {
    String prefix = "ORDINAUT_SCHEDULER_";
    Duration hour = Duration.ofHours(1);
    Bounds.check(prefix + "LOOK_AHEAD", config.lookAhead(), Duration.ZERO, hour);
    Bounds.check(prefix + "BATCH_SIZE", config.batchSize(), 1, 10_000);
    Bounds.check(prefix + "POLL", config.poll(), Duration.ofMillis(10), hour);
    Bounds.check(prefix + "EVENT_STREAM_LENGTH", config.eventStreamLength(), 1, 100_000_000);
    RetentionConfig kept = config.retention();
    String retention = prefix + "RETENTION_";
    Bounds.check(retention + "WORK", kept.work(), LEAST_KEPT, LONGEST_KEPT);
    Bounds.check(retention + "RUNS", kept.runs(), LEAST_KEPT, LONGEST_KEPT);
    Bounds.check(retention + "EVENTS", kept.events(), LEAST_KEPT, LONGEST_KEPT);
    Bounds.check(retention + "DEDUPE", kept.dedupe(), LEAST_KEPT, LONGEST_DEDUPE);
  }
}

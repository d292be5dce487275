package io.ordinaut.worker.loop;

import io.ordinaut.service.Bounds;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.time.Duration;

/** Refuses, before anything else starts, settings with which no work would be done. */
@ApplicationScoped
public class WorkerBounds {
  private final WorkerConfig config;

  @Inject
  WorkerBounds(WorkerConfig config) {
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
  public static void check(WorkerConfig config) {
    String prefix = "ORDINAUT_WORKER_";
    Duration hour = Duration.ofHours(1);
    Duration least = Duration.ofMillis(10);
    Bounds.check(prefix + "CAPACITY", config.capacity(), 1, 10_000);
    Bounds.check(prefix + "BATCH_SIZE", config.batchSize(), 1, 10_000);
    Bounds.check(prefix + "LEASE", config.lease(), Duration.ofSeconds(1), hour);
    Bounds.check(prefix + "GRACE", config.grace(), Duration.ZERO, hour);
    Bounds.check(prefix + "HEARTBEAT", config.heartbeat(), Duration.ofMillis(100), hour);
    Bounds.check(prefix + "POLL", config.poll(), least, hour);
  }
}

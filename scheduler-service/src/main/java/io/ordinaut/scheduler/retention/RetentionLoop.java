package io.ordinaut.scheduler.retention;

import io.ordinaut.scheduler.loop.SchedulerConfig;
import io.ordinaut.service.Bell;
import io.ordinaut.service.Loop;
import io.ordinaut.service.SchemaGate;
import io.ordinaut.store.Db;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.time.Duration;

/** Turns retention at start and every hour; sooner when something was in the way. */
@ApplicationScoped
public class RetentionLoop {
  private static final Duration WHEN_IN_THE_WAY = Duration.ofMinutes(1);
  private static final Duration EVERY = Duration.ofHours(1);

  private final SchedulerConfig config;
  private final Retention retention;
  private final Loop loop;

  @Inject
  RetentionLoop(SchedulerConfig config, Db db) {
    this.config = config;
    this.retention = new Retention(db, config.retention());
    this.loop = new Loop("ordinaut-retention", new Bell(), new SchemaGate(db).before(this::turn));
  }

  void onStart(@Observes StartupEvent event) {
    if (config.enabled()) {
      loop.start();
    }
  }

  void onStop(@Observes ShutdownEvent event) {
    loop.close();
  }

  private Duration turn() {
    return retention.once() ? EVERY : WHEN_IN_THE_WAY;
  }
}

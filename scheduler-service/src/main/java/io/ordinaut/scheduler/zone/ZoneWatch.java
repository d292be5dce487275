package io.ordinaut.scheduler.zone;

import io.ordinaut.schedule.TzData;
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

/**
 * Looks once, at start, whether tasks have to be planned anew; on a thread of its own, so that what
 * is due meanwhile does not wait.
 */
@ApplicationScoped
public class ZoneWatch {
  /** Whoever is at it may die over it. */
  private static final Duration ANOTHER_IS_AT_IT = Duration.ofSeconds(10);

  private final SchedulerConfig config;
  private final ZoneReplan replan;
  private final Loop loop;

  @Inject
  ZoneWatch(SchedulerConfig config, Db db) {
    this.config = config;
    this.replan = new ZoneReplan(db, TzData.version());
    this.loop =
        new Loop("ordinaut-scheduler-zones", new Bell(), new SchemaGate(db).before(this::turn));
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
    return replan.once().isPresent() ? Loop.UNTIL_RUNG : ANOTHER_IS_AT_IT;
  }
}

package io.ordinaut.scheduler.loop;

import io.ordinaut.scheduler.tick.Tick;
import io.ordinaut.service.Bell;
import io.ordinaut.service.Loop;
import io.ordinaut.service.SchemaGate;
import io.ordinaut.store.Db;
import io.ordinaut.stream.NudgeListener;
import io.ordinaut.stream.NudgeStream;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.time.Duration;

/** Turns the tick: when a task falls due, when a nudge arrives, and every poll interval. */
@ApplicationScoped
public class SchedulerLoop implements AutoCloseable {
  private static final Duration WITHOUT_SCHEMA = Duration.ofMillis(250);

  private final SchedulerConfig config;
  private final SchemaGate gate;
  private final Tick tick;
  private final Loop loop;
  private final Loop listening;

  /** With its settings and what it works on. */
  @Inject
  public SchedulerLoop(SchedulerConfig config, Db db, NudgeStream nudges) {
    this.config = config;
    this.gate = new SchemaGate(db);
    this.tick = new Tick(db, nudges, config.lookAhead(), config.batchSize());
    Bell bell = new Bell();
    this.loop = new Loop("ordinaut-scheduler", bell, this::turn);
    NudgeListener listener =
        new NudgeListener(nudges, NudgeStream.SCHEDULE, "schedulers", () -> true, bell::ring);
    this.listening = new Loop("ordinaut-scheduler-nudges", new Bell(), listener::once);
  }

  void onStart(@Observes StartupEvent event) {
    start();
  }

  void onStop(@Observes ShutdownEvent event) {
    close();
  }

  /** Starts the threads, unless switched off. */
  public void start() {
    if (config.enabled()) {
      loop.start();
      listening.start();
    }
  }

  /** Ends them. */
  @Override
  public void close() {
    listening.close();
    loop.close();
  }

  private Duration turn() {
    if (!gate.isOpen()) {
      return WITHOUT_SCHEMA;
    }
    Duration untilNext = tick.untilDue();
    if (!untilNext.isZero()) {
      return untilNext.compareTo(config.poll()) < 0 ? untilNext : config.poll();
    }
    tick.once();
    return Duration.ZERO;
  }
}

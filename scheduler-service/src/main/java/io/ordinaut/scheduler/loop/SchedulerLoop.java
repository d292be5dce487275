package io.ordinaut.scheduler.loop;

import io.micrometer.core.instrument.MeterRegistry;
import io.ordinaut.scheduler.event.Dispatch;
import io.ordinaut.scheduler.observe.FiringObserver;
import io.ordinaut.scheduler.relay.Relay;
import io.ordinaut.scheduler.tick.Tick;
import io.ordinaut.service.Bell;
import io.ordinaut.service.Loop;
import io.ordinaut.service.SchemaGate;
import io.ordinaut.store.Db;
import io.ordinaut.stream.EventStream;
import io.ordinaut.stream.NudgeListener;
import io.ordinaut.stream.NudgeStream;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.InstantSource;

/**
 * Turns the tick, the dispatch and the relay of events: when a task falls due, when a nudge
 * arrives, and every poll interval. When more is due than one batch holds, two threads tick.
 */
@ApplicationScoped
public class SchedulerLoop implements AutoCloseable {
  private final SchedulerConfig config;
  private final NudgeStream nudges;
  private final Tick tick;
  private final Dispatch dispatch;
  private final Loop ticking;
  private final Bell helperBell = new Bell();
  private final Loop helping;
  private final Loop dispatching;
  private final RelayLoop relaying;
  private final Loop listening;

  /** With its settings and what it works on. */
  @Inject
  public SchedulerLoop(
      SchedulerConfig config, Db db, NudgeStream nudges, EventStream events, MeterRegistry meters) {
    this.config = config;
    this.nudges = nudges;
    SchemaGate gate = new SchemaGate(db);
    FiringObserver observer = new FiringObserver(meters);
    this.tick = new Tick(db, nudges, config.lookAhead(), config.batchSize(), observer);
    Bell tickBell = new Bell();
    Bell dispatchBell = new Bell();
    Relay relay = new Relay(db, events, config.eventStreamLength(), InstantSource.system());
    this.relaying = new RelayLoop(gate, relay, meters);
    this.dispatch = new Dispatch(db, tickBell::ring, relaying::told);
    this.ticking = new Loop("ordinaut-scheduler", tickBell, gate.before(this::tickOnce));
    this.helping = new Loop("ordinaut-scheduler-helper", helperBell, gate.before(this::helpOnce));
    this.dispatching = new Loop("ordinaut-dispatch", dispatchBell, gate.before(this::dispatchOnce));
    Runnable wake =
        () -> {
          dispatchBell.ring();
          tickBell.ring();
        };
    NudgeListener listener =
        new NudgeListener(nudges, NudgeStream.SCHEDULE, "schedulers", () -> true, wake);
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
      ticking.start();
      helping.start();
      dispatching.start();
      relaying.start();
      listening.start();
    }
  }

  /** Ends them. */
  @Override
  public void close() {
    listening.close();
    dispatching.close();
    relaying.close();
    ticking.close();
    helping.close();
  }

  private Duration tickOnce() {
    Duration untilNext = tick.untilDue();
    if (!untilNext.isZero()) {
      Duration longest = nudges.longestSleep(config.poll());
      return untilNext.compareTo(longest) < 0 ? untilNext : longest;
    }
    if (tick.once() >= config.batchSize()) {
      helperBell.ring();
    }
    return Duration.ZERO;
  }

  /**
   * Ticks beside the other thread for as long as batches are full: one plans while the other's rows
   * are written. Asleep it asks the database nothing.
   */
  private Duration helpOnce() {
    return tick.once() >= config.batchSize() ? Duration.ZERO : Loop.UNTIL_RUNG;
  }

  private Duration dispatchOnce() {
    return dispatch.once() > 0 ? Duration.ZERO : nudges.longestSleep(config.poll());
  }
}

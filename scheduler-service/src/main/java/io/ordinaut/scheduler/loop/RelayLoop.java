package io.ordinaut.scheduler.loop;

import io.micrometer.core.instrument.MeterRegistry;
import io.ordinaut.scheduler.event.Backlog;
import io.ordinaut.scheduler.relay.Relay;
import io.ordinaut.service.Bell;
import io.ordinaut.service.Loop;
import io.ordinaut.service.SchemaGate;
import io.ordinaut.stream.StreamException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jboss.logging.Logger;

/**
 * Relays events on a thread of its own, so that nothing waits for Redis. It asks nothing while it
 * sleeps: whoever looks for events tells it when there are any.
 */
final class RelayLoop implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(RelayLoop.class);
  private static final Duration WITHOUT_REDIS = Duration.ofSeconds(1);

  private final Relay relay;
  private final Bell bell = new Bell();
  private final Loop loop;
  private final AtomicReference<Double> lagSeconds = new AtomicReference<>(0.0);
  private boolean waits;

  RelayLoop(SchemaGate gate, Relay relay, MeterRegistry meters) {
    this.relay = relay;
    this.loop = new Loop("ordinaut-relay", bell, gate.before(this::turn));
    meters.gauge("ordinaut_event_relay_lag_seconds", lagSeconds, AtomicReference::get);
  }

  void start() {
    loop.start();
  }

  /** Takes note of what was found in the database. */
  void told(Backlog backlog) {
    lagSeconds.set(backlog.ageSeconds());
    if (backlog.isUnrelayed()) {
      bell.ring();
    }
  }

  private Duration turn() {
    try {
      int relayed = relay.once();
      if (relayed > 0 && waits) {
        waits = false;
        LOG.info("Events are relayed to Redis again.");
      }
      return relayed > 0 ? Duration.ZERO : Loop.UNTIL_RUNG;
    } catch (StreamException e) {
      if (!waits) {
        waits = true;
        LOG.warnf("Events wait until Redis takes them: %s", e.getMessage());
      }
      return WITHOUT_REDIS;
    }
  }

  @Override
  public void close() {
    loop.close();
  }
}

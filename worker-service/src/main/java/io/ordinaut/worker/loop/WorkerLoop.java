package io.ordinaut.worker.loop;

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
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** Turns the worker: on a nudge, when a slot becomes free, when work falls due, and every poll. */
@ApplicationScoped
public class WorkerLoop {
  private static final Duration WITHOUT_SCHEMA = Duration.ofMillis(250);

  private final WorkerConfig config;
  private final SchemaGate gate;
  private final Worker worker;
  private final Loop loop;
  private final Loop listening;

  @Inject
  WorkerLoop(WorkerConfig config, Db db, NudgeStream nudges) {
    this.config = config;
    this.gate = new SchemaGate(db);
    Bell bell = new Bell();
    this.worker = new Worker(workerId(), db, nudges, config, bell);
    this.loop = new Loop("ordinaut-worker", bell, this::turn);
    NudgeListener listener =
        new NudgeListener(nudges, NudgeStream.WORK, "workers", worker::hasFreeSlots, bell::ring);
    this.listening = new Loop("ordinaut-worker-nudges", new Bell(), listener::once);
  }

  private static String workerId() {
    String host;
    try {
      host = InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      host = "worker";
    }
    return host
        + "-"
        + ProcessHandle.current().pid()
        + "-"
        + Integer.toHexString(ThreadLocalRandom.current().nextInt());
  }

  void start(@Observes StartupEvent event) {
    if (config.enabled()) {
      loop.start();
      listening.start();
    }
  }

  void stop(@Observes ShutdownEvent event) {
    listening.close();
    loop.close();
    worker.close();
  }

  private Duration turn() {
    return gate.isOpen() ? worker.turn() : WITHOUT_SCHEMA;
  }
}

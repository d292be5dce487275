package io.ordinaut.worker.loop;

import io.micrometer.core.instrument.MeterRegistry;
import io.ordinaut.secret.SecretBox;
import io.ordinaut.service.Bell;
import io.ordinaut.service.Loop;
import io.ordinaut.service.SchemaGate;
import io.ordinaut.store.Db;
import io.ordinaut.stream.NudgeListener;
import io.ordinaut.stream.NudgeStream;
import io.ordinaut.worker.heartbeat.Heartbeat;
import io.ordinaut.worker.lease.LeaseTable;
import io.ordinaut.worker.observe.RunObserver;
import io.ordinaut.worker.secret.Vault;
import io.ordinaut.worker.tool.Tools;
import io.ordinaut.worker.tool.http.AllowList;
import io.ordinaut.worker.tool.http.Outbound;
import io.ordinaut.worker.tool.mcp.McpTools;
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
public class WorkerLoop implements AutoCloseable {
  private static final Duration WATCH_EVERY = Duration.ofSeconds(1);

  private final WorkerConfig config;
  private final Db db;
  private final Tools tools;
  private final Worker worker;
  private final Loop loop;
  private final Loop listening;
  private final Loop watching;
  private final Heartbeat heartbeat;
  private final Bell heartbeatBell = new Bell();
  private final Loop beating;
  private boolean begun;

  /** With its settings and what it works on. */
  @Inject
  public WorkerLoop(
      WorkerConfig config, Db db, NudgeStream nudges, SecretBox box, MeterRegistry meters) {
    this.config = config;
    this.db = db;
    SchemaGate gate = new SchemaGate(db);
    Outbound outbound = new Outbound(AllowList.parse(config.outboundAllow().orElse("")));
    McpTools mcp = new McpTools(db, config.mcp(), outbound);
    this.tools = new Tools(db, nudges, outbound, mcp, config.testTools());
    Bell bell = new Bell();
    this.worker =
        new Worker(
            idPrefix(config) + unique(),
            db,
            nudges,
            config,
            bell,
            tools,
            new Vault(db, box),
            new RunObserver(meters));
    meters.gauge("ordinaut_worker_unwritten", worker, Worker::unwritten);
    meters.gauge("ordinaut_worker_running", worker, w -> w.vitals().running());
    meters.gauge("ordinaut_worker_capacity", worker, w -> w.vitals().capacity());
    this.heartbeat = new Heartbeat(db, worker.id(), hostName(), config.heartbeat(), worker::vitals);
    this.beating =
        new Loop("ordinaut-worker-heartbeat", heartbeatBell, gate.before(heartbeat::beat));
    this.loop = new Loop("ordinaut-worker", bell, gate.before(this::turn));
    this.watching = new Loop("ordinaut-worker-leases", new Bell(), this::watch);
    NudgeListener listener =
        new NudgeListener(nudges, NudgeStream.WORK, "workers", worker::hasFreeSlots, bell::ring);
    this.listening = new Loop("ordinaut-worker-nudges", new Bell(), listener::once);
  }

  private static String idPrefix(WorkerConfig config) {
    return config.name().map(name -> name + "/").orElseGet(() -> hostName() + "-");
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "worker";
    }
  }

  private static String unique() {
    return ProcessHandle.current().pid()
        + "-"
        + Integer.toHexString(ThreadLocalRandom.current().nextInt());
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
      watching.start();
      beating.start();
    }
  }

  /** Ends them. */
  @Override
  public void close() {
    heartbeat.drain();
    heartbeatBell.ring();
    listening.close();
    loop.close();
    watching.close();
    worker.close();
    beating.close();
    heartbeat.leave();
    tools.close();
  }

  private Duration watch() {
    worker.watch();
    return WATCH_EVERY;
  }

  private Duration turn() {
    if (!begun) {
      config
          .name()
          .ifPresent(
              name -> {
                LeaseTable.disown(db, idPrefix(config));
                heartbeat.succeed(idPrefix(config));
              });
      tools.begin();
      begun = true;
    }
    return worker.turn();
  }
}

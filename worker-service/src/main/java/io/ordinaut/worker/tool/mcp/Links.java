package io.ordinaut.worker.tool.mcp;

import io.modelcontextprotocol.spec.McpSchema;
import io.ordinaut.store.Db;
import io.ordinaut.store.DbException;
import io.ordinaut.worker.secret.Secrets;
import io.ordinaut.worker.tool.ToolException;
import io.ordinaut.worker.tool.http.Outbound;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.logging.Logger;

/** The connections of one worker, and what it learns of its servers unasked. */
final class Links implements Link.Dialer, AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Links.class);

  private static final Duration HANDSHAKE = Duration.ofSeconds(10);

  /** Programs may have to fetch themselves first; callers do not wait that long. */
  private static final Duration FIRST_START = Duration.ofSeconds(60);

  private static final Duration LISTING = Duration.ofSeconds(30);
  private static final int FAREWELL_SECONDS = 5;
  private static final int SWEEP_SECONDS = 60;

  private final Db db;
  private final Servers servers;
  private final Outbound outbound;
  private final Map<String, Link> byName = new ConcurrentHashMap<>();
  private final Set<String> stale = ConcurrentHashMap.newKeySet();
  private final Set<String> undiscovered = ConcurrentHashMap.newKeySet();
  private final ExecutorService threads;
  private final ScheduledExecutorService clock;

  Links(Db db, Servers servers, Outbound outbound) {
    this.db = db;
    this.servers = servers;
    this.outbound = outbound;
    AtomicInteger count = new AtomicInteger();
    this.threads =
        Executors.newCachedThreadPool(
            body -> daemon(body, "ordinaut-mcp-" + count.incrementAndGet()));
    this.clock =
        Executors.newSingleThreadScheduledExecutor(body -> daemon(body, "ordinaut-mcp-clock"));
  }

  private static Thread daemon(Runnable body, String name) {
    Thread thread = new Thread(body, name);
    thread.setDaemon(true);
    return thread;
  }

  /** The connection to a server that is registered. */
  Link to(String server) {
    return byName.computeIfAbsent(server, name -> new Link(name, this, threads));
  }

  @Override
  public Session open(Link link, Target target) throws InterruptedException {
    if (target instanceof Target.Stdio stdio) {
      return begin(link, StdioChannel.start(link.name(), stdio.server()), FIRST_START);
    }
    Target.Http http = (Target.Http) target;
    return begin(link, new HttpChannel(outbound, http.url(), http.headers(), threads), HANDSHAKE);
  }

  /** What changed while nobody listened was not told. */
  @Override
  public void opened(Link link) {
    refreshSoon(link);
  }

  private Session begin(Link link, Channel channel, Duration longest) throws InterruptedException {
    return Session.begin(channel, () -> refreshSoon(link), threads, longest);
  }

  /** Starts to discover what is configured, and to look after what is open. */
  void begin() {
    undiscovered.addAll(servers.configured());
    var unused = clock.scheduleWithFixedDelay(this::sweep, 0, SWEEP_SECONDS, TimeUnit.SECONDS);
  }

  private void sweep() {
    try {
      undiscovered.forEach(server -> threads.execute(() -> discover(server)));
      if (!byName.isEmpty()) {
        Set<String> registered = McpTable.registered(db, byName.keySet());
        byName.values().stream()
            .filter(link -> !registered.contains(link.name()))
            .forEach(Link::retire);
      }
    } catch (DbException | RejectedExecutionException e) {
      LOG.debugf("MCP servers are looked after later: %s", e.getMessage());
    }
  }

  /** Discovers a configured server; one that fails is tried again with the next sweep. */
  private void discover(String server) {
    try {
      Target target = servers.findNow(server).target(new Secrets(names -> Map.of()));
      Link link = to(server);
      Discovery.ask(
              server,
              target.mask(),
              params -> link.request(target, McpSchema.METHOD_TOOLS_LIST, params, LISTING))
          .written(db, server);
      undiscovered.remove(server);
    } catch (ToolException e) {
      LOG.warnf("The tools of MCP server %s are not known yet: %s", server, e.getMessage());
      McpTable.failed(db, server, String.valueOf(e.getMessage()));
    } catch (DbException e) {
      LOG.warnf("The tools of MCP server %s are not stored yet: %s", server, e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Lists the tools of an open session anew, once for however many changes there were. */
  private void refreshSoon(Link link) {
    if (stale.add(link.name())) {
      try {
        threads.execute(() -> refresh(link));
      } catch (RejectedExecutionException e) {
        stale.remove(link.name());
      }
    }
  }

  private void refresh(Link link) {
    // One at a time, so that what was listed first is not written last.
    synchronized (link.listing()) {
      stale.remove(link.name());
      link.openSession().ifPresent(session -> refresh(link, session));
    }
  }

  private void refresh(Link link, Session session) {
    String server = link.name();
    try {
      Discovery.ask(
              server,
              link.mask(),
              params -> session.request(McpSchema.METHOD_TOOLS_LIST, params, LISTING))
          .written(db, server);
    } catch (ToolException | LinkException | DbException e) {
      LOG.debugf("The tools of MCP server %s are refreshed later: %s", server, e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      session.leave();
    }
  }

  /** Ends every session at once; takes a few seconds at most. */
  @Override
  public void close() {
    clock.shutdownNow();
    CountDownLatch ended = new CountDownLatch(byName.size());
    for (Link link : byName.values()) {
      threads.execute(
          () -> {
            try {
              link.end();
            } finally {
              ended.countDown();
            }
          });
    }
    try {
      if (!ended.await(FAREWELL_SECONDS, TimeUnit.SECONDS)) {
        LOG.warn("Some MCP servers did not end in time.");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      threads.shutdownNow();
    }
  }
}

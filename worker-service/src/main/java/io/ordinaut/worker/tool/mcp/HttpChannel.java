package io.ordinaut.worker.tool.mcp;

import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.worker.tool.ToolException;
import io.ordinaut.worker.tool.http.Exchange;
import io.ordinaut.worker.tool.http.Outbound;
import io.ordinaut.worker.tool.http.OutboundRequest;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** A server behind a URL: streamable HTTP of the revision 2025-06-18 of the protocol. */
final class HttpChannel extends Channel {
  private static final Logger LOG = Logger.getLogger(HttpChannel.class);

  private static final Duration FAREWELL = Duration.ofSeconds(2);
  private static final Duration LONGEST_SILENCE = Duration.ofHours(1);
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
  private static final int MOST_RESUMPTIONS = 5;
  private static final int LONGEST_SESSION_ID = 1_024;
  private static final byte[] NOTHING = {};
  private static final String JSON = "application/json";
  private static final String EVENTS = "text/event-stream";
  private static final String SESSION = "Mcp-Session-Id";

  private final Outbound outbound;
  private final URI url;
  private final Map<String, String> headers;
  private final ExecutorService threads;
  private final Pending listening = new Pending(LONGEST_SILENCE);
  private volatile @Nullable String sessionId;
  private volatile @Nullable String protocolVersion;

  /**
   * @param outbound by which everything is sent
   * @param headers of every request
   * @param threads on which answers are read
   */
  HttpChannel(Outbound outbound, URI url, Map<String, String> headers, ExecutorService threads) {
    this.outbound = outbound;
    this.url = url;
    this.headers = headers;
    this.threads = threads;
  }

  @Override
  void write(JSONRPCMessage message, Pending pending) {
    byte[] body = Messages.write(message);
    try {
      threads.execute(() -> post(message, body, pending));
    } catch (RejectedExecutionException e) {
      throw new LinkException("The worker shuts down.");
    }
  }

  @Override
  void agreed(String version) {
    protocolVersion = version;
    threads.execute(this::listen);
  }

  private void post(JSONRPCMessage message, byte[] body, Pending pending) {
    try (Exchange exchange = send("POST", null, body, pending.longest())) {
      if (pending.holds(exchange::close)) {
        answered(message, exchange, pending);
      }
    } catch (LinkException e) {
      fail(pending, e);
    } catch (ToolException e) {
      fail(pending, new LinkException(e));
    } catch (InterruptedException e) {
      fail(pending, new LinkException("The worker shuts down."));
    }
  }

  private void answered(JSONRPCMessage message, Exchange exchange, Pending pending)
      throws InterruptedException {
    check(exchange);
    if (message instanceof JSONRPCRequest request
        && request.method().equals(McpSchema.METHOD_INITIALIZE)) {
      keepSession(exchange.header(SESSION));
    }
    String type = String.valueOf(exchange.header("Content-Type"));
    if (type.startsWith(EVENTS)) {
      readEvents(exchange, pending);
    } else if (type.startsWith(JSON)) {
      read(new String(exchange.bytes(), StandardCharsets.UTF_8));
    }
    if (isOpen(pending)) {
      throw new LinkException("Its answer holds no answer to the request.");
    }
  }

  /** A session id comes back to the server in a header. */
  private void keepSession(@Nullable String id) {
    if (id != null
        && !id.isEmpty()
        && id.length() <= LONGEST_SESSION_ID
        && id.chars().allMatch(c -> c > 0x20 && c < 0x7f)) {
      sessionId = id;
    }
  }

  private void check(Exchange exchange) {
    int status = exchange.status();
    // Servers are known that say 400 where the protocol wants 404.
    if (sessionId != null && (status == 404 || status == 400)) {
      throw LinkException.forgotten(status);
    }
    if (status < 200 || status > 299) {
      throw new LinkException("It answered with HTTP " + status + ".");
    }
  }

  private void read(String text) {
    JSONRPCMessage message = Messages.read(text);
    if (message != null) {
      receive(message);
    }
  }

  /** Reads events until the request is answered; a stream that ends before is resumed. */
  private void readEvents(Exchange first, Pending pending) throws InterruptedException {
    Events events = new Events(() -> first.line(pending.longest()));
    drain(events, pending);
    String lastId = events.lastId();
    for (int i = 0; isOpen(pending) && lastId != null && i < MOST_RESUMPTIONS; i++) {
      pause(events.retry(), i);
      try (Exchange next = send("GET", lastId, NOTHING, pending.longest())) {
        if (!pending.holds(next::close)) {
          return;
        }
        check(next);
        events = new Events(() -> next.line(pending.longest()));
        drain(events, pending);
        lastId = events.lastId() == null ? lastId : events.lastId();
      }
    }
  }

  private void drain(Events events, Pending pending) throws InterruptedException {
    try {
      String data = events.next();
      while (data != null) {
        read(data);
        data = isOpen(pending) ? events.next() : null;
      }
    } catch (ToolException e) {
      // What is too large would be so again.
      boolean resumable = events.lastId() != null && e.code() != ErrorCode.OUTPUT_INVALID;
      if (isOpen(pending) && !resumable) {
        throw e;
      }
    }
  }

  /** Listens to what the server says unasked, for as long as it lets anybody. */
  private void listen() {
    String lastId = null;
    try {
      for (int failures = 0; !isDead() && failures < MOST_RESUMPTIONS; failures++) {
        Duration retry = null;
        try (Exchange exchange = send("GET", lastId, NOTHING, LONGEST_SILENCE)) {
          if (!listening.holds(exchange::close)) {
            return;
          }
          check(exchange);
          Events events = new Events(() -> exchange.line(LONGEST_SILENCE));
          failures = hear(events) ? 0 : failures;
          lastId = events.lastId() == null ? lastId : events.lastId();
          retry = events.retry();
        } catch (ToolException e) {
          LOG.debugf("MCP server at %s: %s", url.getHost(), e.getMessage());
        }
        pause(retry, failures);
      }
      die("It can't be reached any more.");
    } catch (LinkException e) {
      if (e.isForgotten()) {
        die(String.valueOf(e.getMessage()));
      }
    } catch (InterruptedException e) {
      LOG.debugf("MCP server at %s is listened to no more", url.getHost());
    }
  }

  /** Whether anything was heard until the stream ended. */
  private boolean hear(Events events) throws InterruptedException {
    boolean heard = false;
    try {
      for (String data = events.next(); data != null; data = events.next()) {
        heard = true;
        read(data);
      }
    } catch (ToolException e) {
      LOG.debugf("MCP server at %s: %s", url.getHost(), e.getMessage());
    }
    return heard;
  }

  private static void pause(@Nullable Duration asked, int failures) throws InterruptedException {
    Duration pause = asked == null ? FIRST_PAUSE.multipliedBy(1L << failures) : asked;
    Thread.sleep(Math.min(pause.toMillis(), LONGEST_PAUSE.toMillis()));
  }

  private Exchange send(String method, @Nullable String lastEventId, byte[] body, Duration longest)
      throws InterruptedException {
    Map<String, String> all = new LinkedHashMap<>(headers);
    all.put("Accept", method.equals("POST") ? JSON + ", " + EVENTS : EVENTS);
    putUnlessNull(all, "Content-Type", body.length == 0 ? null : JSON);
    putUnlessNull(all, SESSION, sessionId);
    putUnlessNull(all, "MCP-Protocol-Version", protocolVersion);
    putUnlessNull(all, "Last-Event-ID", lastEventId);
    return outbound.send(new OutboundRequest(method, url, all, body, longest));
  }

  private static void putUnlessNull(Map<String, String> all, String name, @Nullable String value) {
    if (value != null) {
      all.put(name, value);
    }
  }

  /** Says farewell to a server that keeps sessions. */
  @Override
  void end() {
    die("The connection to the server was closed.");
    listening.end();
    if (sessionId == null) {
      return;
    }
    try (Exchange gone = send("DELETE", null, NOTHING, FAREWELL)) {
      LOG.debugf("A session at %s was ended with HTTP %s", url.getHost(), gone.status());
    } catch (ToolException e) {
      LOG.debugf("A session at %s was not ended: %s", url.getHost(), e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

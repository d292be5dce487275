package io.ordinaut.tests.utils;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.InitializeRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCNotification;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import io.modelcontextprotocol.spec.McpStreamableServerSession;
import io.modelcontextprotocol.spec.McpStreamableServerTransport;
import io.modelcontextprotocol.spec.McpStreamableServerTransportProvider;
import io.modelcontextprotocol.spec.ProtocolVersions;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import reactor.core.publisher.Mono;

/** The same server over streamable HTTP, in this process. */
public final class McpHttpPeer implements McpStreamableServerTransportProvider, AutoCloseable {
  private final McpPeer peer = new McpPeer(OutputStream.nullOutputStream());
  private final Map<String, McpStreamableServerSession> sessions = new ConcurrentHashMap<>();
  private final Map<String, String> authorizations = new ConcurrentHashMap<>();
  private McpStreamableServerSession.Factory factory;
  private ExecutorService threads;
  private HttpServer http;
  private int port;
  private volatile CountDownLatch delay = new CountDownLatch(0);

  /** Starts it on a port of its own. */
  public McpHttpPeer() {
    peer.serve(McpServer.sync(this));
    start();
  }

  /** Starts it again where it was. */
  public void start() {
    try {
      http = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 100);
      threads = Executors.newCachedThreadPool();
      http.setExecutor(threads);
      http.createContext("/mcp", this::handle);
      http.start();
      port = http.getAddress().getPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends it as a crash would: sessions are gone, connections break. */
  public void kill() {
    http.stop(0);
    threads.shutdownNow();
    sessions.clear();
  }

  /** Forgets its sessions, as a restart behind a proxy would. */
  public void forgetSessions() {
    sessions.clear();
  }

  /** Keeps the next clients waiting until the latch opens. */
  public void delayUntil(CountDownLatch opened) {
    delay = opened;
  }

  /** Offers one more tool, {@code told}, which is described so and answers the same. */
  public void describe(String description) {
    peer.describe(description);
  }

  /** Where it listens. */
  public String url() {
    return "http://127.0.0.1:" + port + "/mcp";
  }

  /** How many sessions it has. */
  public int sessions() {
    return sessions.size();
  }

  /** The {@code Authorization} headers that came with the messages. */
  public Iterable<String> authorizations() {
    return authorizations.keySet();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try {
      delay.await();
      String authorization = exchange.getRequestHeaders().getFirst("Authorization");
      if (authorization != null) {
        authorizations.put(authorization, "");
      }
      switch (exchange.getRequestMethod()) {
        case "POST" -> post(exchange);
        case "GET" -> listen(exchange);
        default -> bye(exchange);
      }
    } catch (InterruptedException e) {
      exchange.close();
    }
  }

  private void post(HttpExchange exchange) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    peer.saw(body);
    JSONRPCMessage message = McpSchema.deserializeJsonRpcMessage(McpPeer.JSON, body);
    if (message instanceof JSONRPCRequest request
        && request.method().equals(McpSchema.METHOD_INITIALIZE)) {
      initialize(exchange, request);
      return;
    }
    McpStreamableServerSession session = session(exchange);
    if (session == null) {
      return;
    }
    if (message instanceof JSONRPCRequest request) {
      session.responseStream(request, new Stream(exchange)).block();
      return;
    }
    if (message instanceof JSONRPCNotification notification) {
      session.accept(notification).block();
    } else {
      session.accept((JSONRPCResponse) message).block();
    }
    answer(exchange, 202, "");
  }

  private void initialize(HttpExchange exchange, JSONRPCRequest request) throws IOException {
    var begun =
        factory.startSession(
            McpPeer.JSON.convertValue(request.params(), new TypeRef<InitializeRequest>() {}));
    sessions.put(begun.session().getId(), begun.session());
    exchange.getResponseHeaders().set("Mcp-Session-Id", begun.session().getId());
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    JSONRPCResponse response = JSONRPCResponse.result(request.id(), begun.initResult().block());
    answer(exchange, 200, McpPeer.JSON.writeValueAsString(response));
  }

  private void listen(HttpExchange exchange) throws IOException {
    McpStreamableServerSession session = session(exchange);
    if (session != null) {
      session.listeningStream(new Stream(exchange));
    }
  }

  private void bye(HttpExchange exchange) throws IOException {
    McpStreamableServerSession session = session(exchange);
    if (session != null) {
      sessions.remove(session.getId());
      answer(exchange, 200, "");
    }
  }

  private McpStreamableServerSession session(HttpExchange exchange) throws IOException {
    String id = exchange.getRequestHeaders().getFirst("Mcp-Session-Id");
    McpStreamableServerSession session = id == null ? null : sessions.get(id);
    if (session == null) {
      answer(exchange, 404, "");
    }
    return session;
  }

  private static void answer(HttpExchange exchange, int status, String text) throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  @Override
  public List<String> protocolVersions() {
    return List.of(ProtocolVersions.MCP_2025_03_26, ProtocolVersions.MCP_2025_06_18);
  }

  @Override
  public void setSessionFactory(McpStreamableServerSession.Factory sessionFactory) {
    factory = sessionFactory;
  }

  @Override
  public Mono<Void> notifyClients(String method, Object params) {
    return Mono.fromRunnable(
        () ->
            sessions
                .values()
                .forEach(session -> session.sendNotification(method, params).subscribe()));
  }

  @Override
  public Mono<Void> notifyClient(String sessionId, String method, Object params) {
    return Mono.empty();
  }

  @Override
  public Mono<Void> closeGracefully() {
    return Mono.empty();
  }

  @Override
  public void close() {
    kill();
  }

  /** Server-sent events as the body of a response. */
  private static final class Stream implements McpStreamableServerTransport {
    private final HttpExchange exchange;
    private final OutputStream body;

    Stream(HttpExchange exchange) throws IOException {
      this.exchange = exchange;
      exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
      exchange.sendResponseHeaders(200, 0);
      body = exchange.getResponseBody();
      body.write(": hello\r\n\r\n".getBytes(StandardCharsets.UTF_8));
      body.flush();
    }

    @Override
    public Mono<Void> sendMessage(JSONRPCMessage message) {
      return sendMessage(message, null);
    }

    @Override
    public Mono<Void> sendMessage(JSONRPCMessage message, String id) {
      return Mono.fromRunnable(() -> write(message));
    }

    private synchronized void write(JSONRPCMessage message) {
      try {
        String data = McpPeer.JSON.writeValueAsString(message);
        body.write(
            ("event: message\r\ndata: " + data + "\r\n\r\n").getBytes(StandardCharsets.UTF_8));
        body.flush();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public <T> T unmarshalFrom(Object data, TypeRef<T> type) {
      return McpPeer.JSON.convertValue(data, type);
    }

    @Override
    public void close() {
      exchange.close();
    }

    @Override
    public Mono<Void> closeGracefully() {
      return Mono.fromRunnable(this::close);
    }
  }
}

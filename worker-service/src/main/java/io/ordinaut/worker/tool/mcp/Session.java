package io.ordinaut.worker.tool.mcp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpClientSession;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.ProtocolVersions;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.failure.Seconds;
import io.ordinaut.json.Json;
import io.ordinaut.worker.tool.ToolException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import reactor.core.publisher.Mono;

/**
 * A conversation with one server, shared by all calls. It is retired when a better one takes its
 * place, and ends with the last call that uses it.
 */
final class Session {
  private static final TypeRef<JsonNode> TREE = new TypeRef<>() {};
  private static final Set<String> SPOKEN =
      Set.of(
          ProtocolVersions.MCP_2024_11_05,
          ProtocolVersions.MCP_2025_03_26,
          ProtocolVersions.MCP_2025_06_18);

  private final Channel channel;
  private final McpClientSession session;
  private final Executor threads;
  private int users;
  private boolean retired;

  private Session(Channel channel, Runnable onToolsChanged, Executor threads) {
    this.channel = channel;
    this.threads = threads;
    this.session =
        new McpClientSession(
            // Each request is given up by its own clock, long before.
            Duration.ofDays(30),
            channel,
            Map.of(McpSchema.METHOD_PING, params -> Mono.just(Json.object())),
            Map.of(
                McpSchema.METHOD_NOTIFICATION_TOOLS_LIST_CHANGED,
                params -> Mono.fromRunnable(onToolsChanged)),
            connected -> connected);
  }

  /**
   * Shakes hands with a server.
   *
   * @param onToolsChanged called, and not to be held up, when the server says so
   * @param threads on which the session is ended, since that may take seconds
   * @throws LinkException when it can't be spoken to
   * @throws ToolException when it refuses, or does not answer in time
   */
  static Session begin(Channel channel, Runnable onToolsChanged, Executor threads, Duration longest)
      throws InterruptedException {
    Session session = new Session(channel, onToolsChanged, threads);
    ObjectNode hello = Json.object().put("protocolVersion", ProtocolVersions.MCP_2025_06_18);
    hello.putObject("capabilities");
    hello.putObject("clientInfo").put("name", "ordinaut").put("version", version());
    try {
      JsonNode answer = session.request(McpSchema.METHOD_INITIALIZE, hello, longest);
      String spoken = answer.path("protocolVersion").asText();
      if (!SPOKEN.contains(spoken)) {
        throw new ToolException(
            ErrorCode.TOOL_ERROR, "It speaks only the revision \"" + spoken + "\" of MCP.");
      }
      channel.agreed(spoken);
      session.tell(McpSchema.METHOD_NOTIFICATION_INITIALIZED, Json.object());
      return session;
    } catch (RuntimeException | InterruptedException e) {
      channel.end();
      throw e;
    }
  }

  private static String version() {
    String version = Session.class.getPackage().getImplementationVersion();
    return version == null ? "dev" : version;
  }

  /**
   * Asks and waits for the answer. Whoever stops waiting, tells the server so.
   *
   * @throws LinkException when the answer can't come any more
   * @throws ToolException when the server refuses, or does not answer in time
   */
  JsonNode request(String method, ObjectNode params, Duration longest) throws InterruptedException {
    Pending pending = new Pending(longest);
    CompletableFuture<JsonNode> answer =
        session
            .sendRequest(method, params, TREE)
            .contextWrite(context -> context.put(Pending.class, pending))
            .toFuture();
    try {
      return answer.get(longest.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      giveUp(method, pending, "The caller was stopped.");
      throw e;
    } catch (TimeoutException e) {
      giveUp(method, pending, "The answer took too long.");
      throw new ToolException(
          ErrorCode.TIMEOUT, "It did not answer within " + Seconds.of(longest) + ".");
    } catch (ExecutionException e) {
      throw failure(pending, e.getCause() == null ? e : e.getCause());
    }
  }

  private static RuntimeException failure(Pending pending, Throwable cause) {
    LinkException link = pending.failure();
    if (link != null) {
      return link;
    }
    if (cause instanceof LinkException known) {
      return known;
    }
    String what = cause instanceof McpError ? "It refused: " : "The call failed: ";
    return new ToolException(ErrorCode.TOOL_ERROR, what + cause.getMessage());
  }

  private void giveUp(String method, Pending pending, String why) {
    Object id = pending.id();
    // MCP, revision 2025-06-18, cancellation: the handshake must not be canceled.
    if (id != null && !method.equals(McpSchema.METHOD_INITIALIZE)) {
      tell(
          "notifications/cancelled",
          Json.object().put("requestId", String.valueOf(id)).put("reason", why));
    }
    channel.abandon(pending);
  }

  private void tell(String method, ObjectNode params) {
    session.sendNotification(method, params).subscribe(sent -> {}, e -> {});
  }

  /** Whether new calls may use it. */
  synchronized boolean isUsable() {
    return !retired && !channel.isDead();
  }

  /** Keeps it open for one more call, if new calls may use it. */
  synchronized boolean enter() {
    if (!isUsable()) {
      return false;
    }
    users++;
    return true;
  }

  /** Ends what {@link #enter} began. */
  void leave() {
    boolean last;
    synchronized (this) {
      users--;
      last = retired && users == 0;
    }
    if (last) {
      threads.execute(channel::end);
    }
  }

  /** Lets the calls that use it go on, and ends it after the last one. */
  void retire() {
    boolean last;
    synchronized (this) {
      last = !retired && users == 0;
      retired = true;
    }
    if (last) {
      threads.execute(channel::end);
    }
  }

  /** Ends it at once, and whatever goes on in it. */
  void end() {
    channel.end();
    session.close();
  }
}

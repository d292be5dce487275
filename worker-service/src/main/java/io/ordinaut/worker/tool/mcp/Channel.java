package io.ordinaut.worker.tool.mcp;

import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpClientTransport;
import io.modelcontextprotocol.spec.McpSchema.ErrorCodes;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse.JSONRPCError;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The way of messages between one session and its server. Every request that was sent is answered
 * once: by the server, or by the channel when the server can't answer any more.
 */
abstract class Channel implements McpClientTransport {
  private static final Logger LOG = Logger.getLogger(Channel.class);

  /** For what nobody waits for: notifications, and answers to the server's questions. */
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

  private final Map<Object, Pending> open = new ConcurrentHashMap<>();
  private volatile Function<Mono<JSONRPCMessage>, Mono<JSONRPCMessage>> session =
      message -> message;
  private volatile @Nullable String dead;

  /** Sends a message, without waiting for its answer. */
  abstract void write(JSONRPCMessage message, Pending pending);

  /** Notes which revision of the protocol both sides speak. */
  abstract void agreed(String protocolVersion);

  /** Ends the channel; takes a few seconds at most. */
  abstract void end();

  @Override
  public final Mono<Void> connect(Function<Mono<JSONRPCMessage>, Mono<JSONRPCMessage>> handler) {
    return Mono.fromRunnable(() -> session = handler);
  }

  @Override
  public final Mono<Void> sendMessage(JSONRPCMessage message) {
    return Mono.deferContextual(
        context -> {
          send(message, context.getOrDefault(Pending.class, new Pending(LONGEST_WAIT)));
          return Mono.empty();
        });
  }

  private void send(JSONRPCMessage message, Pending pending) {
    if (message instanceof JSONRPCRequest request) {
      pending.sent(request.id());
      open.put(request.id(), pending);
    }
    // Looked at after the request was noted: whoever dies now finds it among the open ones.
    String why = dead;
    if (why != null) {
      abandon(pending);
      throw new LinkException(why);
    }
    write(message, pending);
  }

  /** Hands over what the server sent; an answer that nobody waits for any more is dropped. */
  final void receive(JSONRPCMessage message) {
    if (message instanceof JSONRPCResponse response) {
      Pending pending = open.remove(response.id());
      if (pending == null) {
        return;
      }
      pending.end();
    }
    deliver(message);
  }

  private void deliver(JSONRPCMessage message) {
    session
        .apply(Mono.just(message))
        .subscribe(done -> {}, e -> LOG.debugf(e, "A message could not be handled"));
  }

  /** Ends a request to which the server will not answer. */
  final void fail(Pending pending, LinkException why) {
    Object id = pending.id();
    if (id != null && open.remove(id, pending)) {
      pending.failed(why);
      pending.end();
      deliver(
          JSONRPCResponse.error(
              id, new JSONRPCError(ErrorCodes.INTERNAL_ERROR, String.valueOf(why.getMessage()))));
    }
  }

  /** Ends a request whose answer nobody waits for any more. */
  final void abandon(Pending pending) {
    fail(pending, new LinkException("Nobody waits for the answer any more."));
  }

  /** Whether a request waits for its answer still. */
  final boolean isOpen(Pending pending) {
    Object id = pending.id();
    return id != null && open.get(id) == pending;
  }

  /** Notes that the server can't be spoken to any more, and ends what waits for it. */
  final void die(String why) {
    if (dead == null) {
      dead = why;
    }
    open.values().forEach(pending -> fail(pending, new LinkException(why)));
  }

  /** Whether it can be spoken to no more. */
  final boolean isDead() {
    return dead != null;
  }

  @Override
  public final Mono<Void> closeGracefully() {
    return Mono.fromRunnable(this::end);
  }

  /** Results stay the trees that they arrived as; {@link Session} asks for nothing else. */
  @Override
  @SuppressWarnings("unchecked")
  public final <T> T unmarshalFrom(Object data, TypeRef<T> type) {
    return (T) data;
  }
}

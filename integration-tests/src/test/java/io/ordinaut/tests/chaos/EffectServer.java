package io.ordinaut.tests.chaos;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The world outside: side effects over HTTP, each had once per idempotency key however often it is
 * asked for. It outlives every crash, so that it can say what really happened.
 */
final class EffectServer implements AutoCloseable {
  private static final long SLOW_MILLIS = 300;

  private final Map<String, Effect> effects = new ConcurrentHashMap<>();
  private final Set<String> refused = ConcurrentHashMap.newKeySet();
  private final Set<String> ambiguous = ConcurrentHashMap.newKeySet();
  private final AtomicInteger receipts = new AtomicInteger();
  private final ScheduledExecutorService threads = Executors.newScheduledThreadPool(4);
  private final HttpServer server;

  /**
   * What happened under a key.
   *
   * @param body that it was asked for with
   * @param receipt that each answer names
   * @param calls how often it was asked for
   */
  record Effect(String body, int receipt, AtomicInteger calls) {}

  EffectServer() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1_024);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext("/effect", exchange -> answer(exchange, effect(exchange), 0));
    // Whoever dies while it waits has had the effect and doesn't know.
    server.createContext("/slow", exchange -> answer(exchange, effect(exchange), SLOW_MILLIS));
    server.createContext("/flaky", this::flaky);
    server.setExecutor(threads);
    server.start();
  }

  String url(String path) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + path;
  }

  private static String key(HttpExchange exchange) {
    return String.valueOf(exchange.getRequestHeaders().getFirst("Idempotency-Key"));
  }

  /** The first time a key comes it is refused, without an effect. */
  private void flaky(HttpExchange exchange) throws IOException {
    if (refused.add(key(exchange))) {
      exchange.getRequestBody().readAllBytes();
      exchange.sendResponseHeaders(503, -1);
      exchange.close();
    } else {
      answer(exchange, effect(exchange), 0);
    }
  }

  private Effect effect(HttpExchange exchange) throws IOException {
    String key = key(exchange);
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    Effect effect =
        effects.computeIfAbsent(
            key, k -> new Effect(body, receipts.incrementAndGet(), new AtomicInteger()));
    effect.calls().incrementAndGet();
    if (!effect.body().equals(body)) {
      ambiguous.add(key + " came with " + effect.body() + " and with " + body);
    }
    return effect;
  }

  private void answer(HttpExchange exchange, Effect effect, long afterMillis) {
    threads.schedule(() -> send(exchange, effect), afterMillis, TimeUnit.MILLISECONDS);
  }

  private static void send(HttpExchange exchange, Effect effect) {
    byte[] body = ("{\"receipt\": " + effect.receipt() + "}").getBytes(StandardCharsets.UTF_8);
    try (exchange) {
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    } catch (IOException e) {
      // Whoever asked has died meanwhile; the effect stands.
    }
  }

  /** All effects by their keys. */
  Map<String, Effect> effects() {
    return effects;
  }

  /** Keys that came with two different bodies; there must be none. */
  Set<String> ambiguous() {
    return ambiguous;
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}

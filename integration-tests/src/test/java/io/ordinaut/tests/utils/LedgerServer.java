package io.ordinaut.tests.utils;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.ordinaut.json.Json;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;

/**
 * A tool with side effects behind HTTP: each call is written down with its idempotency key and its
 * body, and has its effect once per key. It can keep callers waiting, before the effect or after
 * it, until they are gone.
 */
public final class LedgerServer implements AutoCloseable {
  private final List<Call> calls = new CopyOnWriteArrayList<>();
  private final Set<String> effects = ConcurrentHashMap.newKeySet();
  private final Set<String> held = ConcurrentHashMap.newKeySet();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer http;
  private volatile Predicate<String> before = key -> false;
  private volatile Predicate<String> after = key -> false;
  private volatile CountDownLatch gone = new CountDownLatch(1);

  /**
   * A call.
   *
   * @param key under which it was made
   * @param body as it came
   * @param cameThrough whether its caller was not lost before the effect
   */
  public record Call(String key, String body, boolean cameThrough) {}

  /** On a port of its own. */
  public LedgerServer() {
    try {
      http = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 100);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    http.setExecutor(threads);
    http.createContext("/act", this::handle);
    http.start();
  }

  /** Where it takes calls. */
  public String url() {
    return "http://127.0.0.1:" + http.getAddress().getPort() + "/act";
  }

  /** A step of a pipeline that calls it. */
  public JsonObject step(String id) {
    return Looks.step(id, "http.request", new JsonObject().put("method", "POST").put("url", url()));
  }

  /** Holds calls of these keys before they have an effect. */
  public void holdBefore(Predicate<String> keys) {
    before = keys;
  }

  /** Holds the first call of each of these keys after its effect, before it is answered. */
  public void holdAfter(Predicate<String> keys) {
    after = keys;
  }

  /** Whether a call of one of these keys is held. */
  public boolean holds(Predicate<String> keys) {
    return held.stream().anyMatch(keys);
  }

  /** Hangs up on all who are held. */
  public void hangUp() {
    CountDownLatch those = gone;
    gone = new CountDownLatch(1);
    held.clear();
    those.countDown();
  }

  /** All calls in their order. */
  public List<Call> calls() {
    return calls;
  }

  /** The keys that have had their effect. */
  public Set<String> effects() {
    return effects;
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String key = exchange.getRequestHeaders().getFirst("Idempotency-Key");
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      boolean lost = before.test(key);
      calls.add(new Call(key, body, !lost));
      if (lost) {
        hold(key);
        return;
      }
      if (effects.add(key) && after.test(key)) {
        hold(key);
        return;
      }
      answer(exchange, Json.write(Json.object().put("receipt", key)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void hold(String key) throws InterruptedException {
    CountDownLatch until = gone;
    held.add(key);
    until.await();
  }

  private static void answer(HttpExchange exchange, String json) throws IOException {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(200, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  @Override
  public void close() {
    http.stop(0);
    threads.shutdownNow();
  }
}

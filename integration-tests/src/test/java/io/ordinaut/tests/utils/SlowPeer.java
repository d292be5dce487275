package io.ordinaut.tests.utils;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** An HTTP peer that takes its time, and notes under which key each call came. */
public final class SlowPeer implements AutoCloseable {
  private final HttpServer server;
  private final ScheduledExecutorService later = Executors.newScheduledThreadPool(1);
  private final List<String> keys = new CopyOnWriteArrayList<>();
  private final List<HttpExchange> held = new ArrayList<>();
  private int answered;
  private int most = Integer.MAX_VALUE;

  /** Answers each call after the given time. */
  public SlowPeer(Duration takes) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 500);
    server.createContext(
        "/",
        call -> {
          keys.add(call.getRequestHeaders().getFirst("Idempotency-Key"));
          later.schedule(() -> answerOrHold(call), takes.toMillis(), TimeUnit.MILLISECONDS);
        });
    server.start();
  }

  /** Answers that many calls; the others wait until they are released. */
  public synchronized void holdBehind(int calls) {
    most = calls;
  }

  /** Answers those that wait, and holds no more. */
  public synchronized void release() {
    most = Integer.MAX_VALUE;
    held.forEach(SlowPeer::answer);
    held.clear();
  }

  private synchronized void answerOrHold(HttpExchange call) {
    if (answered < most) {
      answered++;
      answer(call);
    } else {
      held.add(call);
    }
  }

  private static void answer(HttpExchange call) {
    try (call) {
      call.sendResponseHeaders(204, -1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where it is. */
  public String url() {
    return "http://localhost:" + server.getAddress().getPort() + "/";
  }

  /** The keys in the order of the calls. */
  public List<String> keys() {
    return keys;
  }

  @Override
  public void close() {
    server.stop(0);
    later.shutdownNow();
  }
}

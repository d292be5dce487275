package io.ordinaut.worker.tool.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.worker.tool.ToolException;
import io.vertx.core.http.HttpClientOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A server on loopback, and the way to it: names resolve as tests need, and only its address is
 * allowed.
 */
final class OutboundPeer implements AutoCloseable {
  private final BlockingQueue<HttpExchange> seen = new LinkedBlockingQueue<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer server;
  private final Outbound outbound =
      new Outbound(AllowList.parse("127.0.0.1/32"), OutboundPeer::resolve, new HttpClientOptions());

  OutboundPeer() throws IOException {
    server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.setExecutor(threads);
    at("/", exchange -> answer(exchange, 200, Map.of(), "hello"));
    server.start();
  }

  private static List<InetAddress> resolve(String host) throws UnknownHostException {
    return switch (host) {
      case "tool.test", "other.test" -> List.of(InetAddress.getByName("127.0.0.1"));
      case "inside.test" -> List.of(InetAddress.getByName("127.0.0.2"));
      case "both.test" ->
          List.of(InetAddress.getByName("127.0.0.2"), InetAddress.getByName("127.0.0.1"));
      default -> throw new UnknownHostException(host);
    };
  }

  void at(String path, HttpHandler handler) {
    server.createContext(path, handler);
  }

  int port() {
    return server.getAddress().getPort();
  }

  /** Under a name that leads to it. */
  String url(String path) {
    return "http://tool.test:" + port() + path;
  }

  Outbound outbound() {
    return outbound;
  }

  ExecutorService threads() {
    return threads;
  }

  void answer(HttpExchange exchange, int status, Map<String, String> headers, String body)
      throws IOException {
    seen.add(exchange);
    exchange.setAttribute(
        "body", new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
    headers.forEach(exchange.getResponseHeaders()::set);
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  static OutboundRequest request(String method, String url, String body) {
    return new OutboundRequest(
        method,
        OutboundRequest.url(url),
        Map.of("Authorization", "Bearer k", "X-Api-Key", "k", "Accept", "a/b", "Cookie", "c=1"),
        body.getBytes(StandardCharsets.UTF_8),
        Duration.ofSeconds(30));
  }

  String get(String url) throws InterruptedException {
    try (Exchange exchange = outbound.send(request("GET", url, ""))) {
      return exchange.status() + " " + new String(exchange.bytes(), StandardCharsets.UTF_8);
    }
  }

  void refused(String path, ErrorCode code, String sentence) {
    assertThatThrownBy(() -> get(url(path)))
        .asInstanceOf(type(ToolException.class))
        .satisfies(e -> assertThat(e.code()).isEqualTo(code))
        .extracting(Throwable::getMessage)
        .asString()
        .contains(sentence);
  }

  /** What the server saw of the request that a redirect led to. */
  HttpExchange last() throws InterruptedException {
    HttpExchange last = seen.poll(5, TimeUnit.SECONDS);
    while (!seen.isEmpty()) {
      last = seen.poll();
    }
    return last;
  }

  void forget() {
    seen.clear();
  }

  @Override
  public void close() {
    outbound.close();
    server.stop(0);
    threads.shutdownNow();
  }
}

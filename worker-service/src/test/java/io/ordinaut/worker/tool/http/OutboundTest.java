package io.ordinaut.worker.tool.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.worker.tool.ToolException;
import io.vertx.core.http.HttpClientOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class OutboundTest {
  private static final BlockingQueue<HttpExchange> SEEN = new LinkedBlockingQueue<>();
  private static final ExecutorService THREADS = Executors.newCachedThreadPool();
  private static HttpServer server;
  private static int port;

  /** Names resolve as a test says; the server is allowed under its address only. */
  private static final Outbound OUTBOUND =
      new Outbound(AllowList.parse("127.0.0.1/32"), OutboundTest::resolve, new HttpClientOptions());

  private static List<InetAddress> resolve(String host) throws UnknownHostException {
    return switch (host) {
      case "tool.test", "other.test" -> List.of(InetAddress.getByName("127.0.0.1"));
      case "inside.test" -> List.of(InetAddress.getByName("127.0.0.2"));
      case "both.test" ->
          List.of(InetAddress.getByName("127.0.0.2"), InetAddress.getByName("127.0.0.1"));
      default -> throw new UnknownHostException(host);
    };
  }

  @BeforeAll
  static void open() throws IOException {
    server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.setExecutor(THREADS);
    port = server.getAddress().getPort();
    server.createContext("/", exchange -> answer(exchange, 200, Map.of(), "hello"));
    redirect("/to-inside", 302, () -> "http://inside.test:" + port + "/");
    redirect("/loop", 302, () -> "/loop");
    redirect("/moved", 301, () -> "/after?x=1#part");
    redirect("/kept", 308, () -> "/after");
    redirect("/away", 307, () -> "http://other.test:" + port + "/after");
    redirect("/ftp", 302, () -> "ftp://tool.test/");
    redirect("/user", 302, () -> "http://me:secret@tool.test:" + port + "/");
    server.createContext("/large", exchange -> flood(exchange, Exchange.LARGEST + 1));
    server.createContext("/full", exchange -> flood(exchange, Exchange.LARGEST));
    server.createContext("/bomb", OutboundTest::bomb);
    server.createContext(
        "/lines", exchange -> answer(exchange, 200, Map.of(), "one\r\ntwo\n\nthree\rfour"));
    server.start();
  }

  @AfterAll
  static void close() {
    OUTBOUND.close();
    server.stop(0);
    THREADS.shutdownNow();
  }

  private interface Target {
    String get();
  }

  private static void redirect(String path, int status, Target target) {
    server.createContext(
        path, exchange -> answer(exchange, status, Map.of("Location", target.get()), ""));
  }

  private static void answer(
      HttpExchange exchange, int status, Map<String, String> headers, String body)
      throws IOException {
    SEEN.add(exchange);
    exchange.setAttribute(
        "body", new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
    headers.forEach(exchange.getResponseHeaders()::set);
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private static void flood(HttpExchange exchange, int size) throws IOException {
    exchange.sendResponseHeaders(200, 0);
    byte[] chunk = new byte[65_536];
    try (var out = exchange.getResponseBody()) {
      for (int left = size; left > 0; left -= chunk.length) {
        out.write(chunk, 0, Math.min(left, chunk.length));
      }
    }
  }

  private static void bomb(HttpExchange exchange) throws IOException {
    ByteArrayOutputStream small = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(small)) {
      for (int i = 0; i < 200; i++) {
        gzip.write(new byte[65_536]);
      }
    }
    assertThat(small.size()).isLessThan(100_000);
    exchange.getResponseHeaders().set("Content-Encoding", "gzip");
    exchange.sendResponseHeaders(200, small.size());
    exchange.getResponseBody().write(small.toByteArray());
    exchange.close();
  }

  private static OutboundRequest request(String method, String url, String body) {
    return new OutboundRequest(
        method,
        OutboundRequest.url(url),
        Map.of("Authorization", "Bearer k", "X-Api-Key", "k", "Accept", "a/b", "Cookie", "c=1"),
        body.getBytes(StandardCharsets.UTF_8),
        Duration.ofSeconds(10));
  }

  private static String get(String url) throws InterruptedException {
    try (Exchange exchange = OUTBOUND.send(request("GET", url, ""))) {
      return exchange.status() + " " + new String(exchange.bytes(), StandardCharsets.UTF_8);
    }
  }

  private static void refused(String path, ErrorCode code, String sentence) {
    assertThatThrownBy(() -> get("http://tool.test:" + port + path))
        .asInstanceOf(type(ToolException.class))
        .satisfies(e -> assertThat(e.code()).isEqualTo(code))
        .extracting(Throwable::getMessage)
        .asString()
        .contains(sentence);
  }

  /** What the server saw of the request that a redirect led to. */
  private static HttpExchange last() throws InterruptedException {
    HttpExchange last = SEEN.poll(5, TimeUnit.SECONDS);
    while (!SEEN.isEmpty()) {
      last = SEEN.poll();
    }
    return last;
  }

  @Test
  void the_checked_address_is_the_one_that_is_connected_to_and_the_name_stays_the_host()
      throws InterruptedException {
    SEEN.clear();
    assertThat(get("http://tool.test:" + port + "/")).isEqualTo("200 hello");
    assertThat(last().getRequestHeaders().getFirst("Host")).isEqualTo("tool.test:" + port);
  }

  @Test
  void a_name_that_changes_its_address_after_the_check_gains_nothing() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    Resolver rebinding =
        host -> List.of(InetAddress.getByName("127.0.0." + asked.incrementAndGet()));
    try (Outbound outbound =
        new Outbound(AllowList.parse("127.0.0.1"), rebinding, new HttpClientOptions())) {
      String url = "http://rebinding.test:" + port + "/";
      try (Exchange exchange = outbound.send(request("GET", url, ""))) {
        assertThat(exchange.status()).isEqualTo(200);
      }
      assertThat(asked).hasValue(1);
      assertThatThrownBy(() -> outbound.send(request("GET", url, "")))
          .hasMessageContaining("is not on the public Internet");
    }
  }

  @Test
  void a_name_that_resolves_to_loopback_is_refused() throws Exception {
    try (Outbound outbound = new Outbound(AllowList.NONE)) {
      for (String host : List.of("localhost", "127.0.0.1", "[::1]", "2130706433")) {
        assertThatThrownBy(
                () -> outbound.send(request("GET", "http://" + host + ":" + port + "/", "")))
            .hasMessageContaining("is not on the public Internet");
      }
    }
  }

  @Test
  void addresses_that_may_not_be_reached_are_left_out() throws InterruptedException {
    assertThat(get("http://both.test:" + port + "/")).isEqualTo("200 hello");
  }

  @Test
  void a_redirect_to_a_private_address_is_refused() {
    refused("/to-inside", ErrorCode.TOOL_ERROR, "inside.test is not on the public Internet");
  }

  @Test
  void redirects_are_followed_five_times() {
    refused("/loop", ErrorCode.TOOL_ERROR, "redirects more than 5 times.");
  }

  @Test
  void a_redirect_to_what_is_no_web_address_is_refused() {
    refused("/ftp", ErrorCode.SCHEMA_ERROR, "must begin with https:// or http://.");
    refused("/user", ErrorCode.SCHEMA_ERROR, "must not hold a user or a password");
  }

  @Test
  void after_moved_a_post_is_a_get_without_its_body() throws InterruptedException {
    SEEN.clear();
    OUTBOUND.send(request("POST", "http://tool.test:" + port + "/moved", "data")).close();
    HttpExchange after = last();
    assertThat(after.getRequestMethod()).isEqualTo("GET");
    assertThat(after.getRequestURI()).hasToString("/after?x=1");
    assertThat(after.getAttribute("body")).isEqualTo("");
    assertThat(after.getRequestHeaders()).containsKeys("Authorization", "X-api-key");
  }

  @Test
  void a_permanent_redirect_keeps_method_and_body() throws InterruptedException {
    SEEN.clear();
    OUTBOUND.send(request("PUT", "http://tool.test:" + port + "/kept", "data")).close();
    HttpExchange after = last();
    assertThat(after.getRequestMethod()).isEqualTo("PUT");
    assertThat(after.getAttribute("body")).isEqualTo("data");
  }

  @Test
  void another_origin_sees_no_keys() throws InterruptedException {
    SEEN.clear();
    OUTBOUND.send(request("GET", "http://tool.test:" + port + "/away", "")).close();
    assertThat(last().getRequestHeaders())
        .containsKey("Accept")
        .doesNotContainKeys("Authorization", "X-api-key", "Cookie");
  }

  @Test
  void a_redirect_from_https_to_http_is_refused() {
    OutboundRequest secure = request("GET", "https://tool.test/", "");
    assertThatThrownBy(() -> secure.redirected(302, "http://tool.test/"))
        .hasMessage("https://tool.test redirects from https to http, which is refused.");
    assertThat(secure.redirected(302, "/there").url()).hasToString("https://tool.test/there");
  }

  @Test
  void a_body_is_cut_at_ten_mebibytes_also_when_it_is_sent_in_chunks_or_compressed()
      throws InterruptedException {
    assertThat(get("http://tool.test:" + port + "/full")).hasSize(4 + Exchange.LARGEST);
    refused("/large", ErrorCode.OUTPUT_INVALID, "The answer is larger than 10 MiB");
    refused("/bomb", ErrorCode.OUTPUT_INVALID, "The answer is larger than 10 MiB");
  }

  @Test
  void a_body_is_read_line_by_line() throws InterruptedException {
    try (Exchange exchange =
        OUTBOUND.send(request("GET", "http://tool.test:" + port + "/lines", ""))) {
      Duration second = Duration.ofSeconds(1);
      assertThat(
              List.of(
                  exchange.line(second),
                  exchange.line(second),
                  exchange.line(second),
                  exchange.line(second),
                  exchange.line(second)))
          .containsExactly("one", "two", "", "three", "four");
      assertThat(exchange.line(second)).isNull();
    }
  }

  /** A server that says what it is told and then waits for its client to hang up. */
  private static CompletableFuture<Integer> silent(
      ServerSocket socket, String says, Runnable seen) {
    return CompletableFuture.supplyAsync(
        () -> {
          try (Socket client = socket.accept()) {
            byte[] request = new byte[8_192];
            int read = client.getInputStream().read(request);
            client.getOutputStream().write(says.getBytes(StandardCharsets.US_ASCII));
            seen.run();
            while (read >= 0) {
              read = client.getInputStream().read(request);
            }
            return read;
          } catch (IOException reset) {
            return -1;
          }
        },
        THREADS);
  }

  private static final String HEAD_ONLY = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";

  private static OutboundRequest within(int port, int millis) {
    return new OutboundRequest(
        "GET",
        OutboundRequest.url("http://tool.test:" + port + "/"),
        Map.of(),
        new byte[0],
        Duration.ofMillis(millis));
  }

  @Test
  void a_call_ends_with_its_time_and_hangs_up() throws Exception {
    for (String says : List.of("", HEAD_ONLY)) {
      try (ServerSocket socket = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"))) {
        CompletableFuture<Integer> hungUp = silent(socket, says, () -> {});
        assertThatThrownBy(() -> OUTBOUND.send(within(socket.getLocalPort(), 300)).bytes())
            .asInstanceOf(type(ToolException.class))
            .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.TIMEOUT));
        assertThat(hungUp.get(5, TimeUnit.SECONDS)).isEqualTo(-1);
      }
    }
  }

  @Test
  void an_interrupt_hangs_up() throws Exception {
    for (String says : List.of("", HEAD_ONLY)) {
      try (ServerSocket socket = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"))) {
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        Thread caller =
            new Thread(
                () -> {
                  try {
                    OUTBOUND.send(within(socket.getLocalPort(), 15_000)).bytes();
                    interrupted.complete(false);
                  } catch (InterruptedException e) {
                    interrupted.complete(true);
                  } catch (RuntimeException e) {
                    interrupted.completeExceptionally(e);
                  }
                });
        CompletableFuture<Integer> hungUp = silent(socket, says, caller::interrupt);
        caller.start();
        assertThat(interrupted.get(5, TimeUnit.SECONDS)).isTrue();
        assertThat(hungUp.get(5, TimeUnit.SECONDS)).isEqualTo(-1);
      }
    }
  }

  @Test
  void a_host_that_is_not_there_is_an_error_that_says_so() throws IOException {
    int free;
    try (ServerSocket socket = new ServerSocket(0)) {
      free = socket.getLocalPort();
    }
    assertThatThrownBy(() -> get("http://tool.test:" + free + "/"))
        .hasMessageContaining("http://tool.test:" + free + " could not be connected to: ");
    assertThatThrownBy(() -> get("http://nowhere.test/"))
        .hasMessage("The host nowhere.test is not known.");
  }

  @Test
  void what_cannot_be_sent_is_refused() {
    for (String url :
        List.of(
            "file:///etc/passwd",
            "ftp://x/",
            "//x/",
            "http:///x",
            "http://u:p@x/",
            "http://x:0/",
            "http://x:70000/",
            "http://a b/")) {
      assertThatThrownBy(() -> request("GET", url, ""))
          .asInstanceOf(type(ToolException.class))
          .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.SCHEMA_ERROR));
    }
    for (Map<String, String> headers :
        List.of(
            Map.of("A", "b\r\nC: d"),
            Map.of("A b", "c"),
            Map.of("Host", "x"),
            Map.of("", "x"),
            Map.of("content-length", "3"),
            Map.of("A", "ü"))) {
      assertThatThrownBy(
              () ->
                  new OutboundRequest(
                      "GET",
                      OutboundRequest.url("http://x/"),
                      headers,
                      new byte[0],
                      Duration.ofSeconds(1)))
          .isInstanceOf(ToolException.class);
    }
    assertThatThrownBy(() -> request("CONNECT", "http://x/", "")).hasMessageContaining("method");
  }
}

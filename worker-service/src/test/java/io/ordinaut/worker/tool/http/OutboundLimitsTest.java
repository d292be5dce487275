package io.ordinaut.worker.tool.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import com.sun.net.httpserver.HttpExchange;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.worker.tool.ToolException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How much of an answer is read, and for how long. */
@Timeout(90)
class OutboundLimitsTest {
  private static OutboundPeer peer;

  @BeforeAll
  static void open() throws IOException, InterruptedException {
    peer = new OutboundPeer();
    peer.at("/large", exchange -> flood(exchange, Exchange.LARGEST + 1));
    peer.at("/full", exchange -> flood(exchange, Exchange.LARGEST));
    peer.at("/bomb", OutboundLimitsTest::bomb);
    peer.at(
        "/lines", exchange -> peer.answer(exchange, 200, Map.of(), "one\r\ntwo\n\nthree\rfour"));
    // The first request takes longer than those that are cut may take.
    assertThat(peer.get(peer.url("/"))).isEqualTo("200 hello");
  }

  @AfterAll
  static void close() {
    peer.close();
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

  @Test
  void a_body_is_cut_at_ten_mebibytes_also_when_it_is_sent_in_chunks_or_compressed()
      throws InterruptedException {
    assertThat(peer.get(peer.url("/full"))).hasSize(4 + Exchange.LARGEST);
    peer.refused("/large", ErrorCode.OUTPUT_INVALID, "The answer is larger than 10 MiB");
    peer.refused("/bomb", ErrorCode.OUTPUT_INVALID, "The answer is larger than 10 MiB");
  }

  @Test
  void a_body_is_read_line_by_line() throws InterruptedException {
    try (Exchange exchange =
        peer.outbound().send(OutboundPeer.request("GET", peer.url("/lines"), ""))) {
      Duration patience = Duration.ofSeconds(15);
      assertThat(
              List.of(
                  exchange.line(patience),
                  exchange.line(patience),
                  exchange.line(patience),
                  exchange.line(patience),
                  exchange.line(patience)))
          .containsExactly("one", "two", "", "three", "four");
      assertThat(exchange.line(patience)).isNull();
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
        peer.threads());
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
      boolean reached = false;
      for (int i = 0; i < 20 && !reached; i++) {
        reached = isReachedAndLeft(says);
      }
      assertThat(reached).isTrue();
    }
  }

  /** False when the time was over before the server was reached: then nobody may ever hang up. */
  private static boolean isReachedAndLeft(String says) throws Exception {
    AtomicBoolean reached = new AtomicBoolean();
    try (ServerSocket socket = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"))) {
      CompletableFuture<Integer> hungUp = silent(socket, says, () -> reached.set(true));
      assertThatThrownBy(() -> peer.outbound().send(within(socket.getLocalPort(), 300)).bytes())
          .asInstanceOf(type(ToolException.class))
          .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.TIMEOUT));
      if (!reached.get()) {
        return false;
      }
      assertThat(hungUp.get(15, TimeUnit.SECONDS)).isEqualTo(-1);
      return true;
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
                    peer.outbound().send(within(socket.getLocalPort(), 60_000)).bytes();
                    interrupted.complete(false);
                  } catch (InterruptedException e) {
                    interrupted.complete(true);
                  } catch (RuntimeException e) {
                    interrupted.completeExceptionally(e);
                  }
                });
        CompletableFuture<Integer> hungUp = silent(socket, says, caller::interrupt);
        caller.start();
        assertThat(interrupted.get(15, TimeUnit.SECONDS)).isTrue();
        assertThat(hungUp.get(15, TimeUnit.SECONDS)).isEqualTo(-1);
      }
    }
  }
}

package io.ordinaut.tests.external;

import static io.ordinaut.tests.utils.McpBench.step;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import io.ordinaut.tests.utils.McpBench;
import io.ordinaut.tests.utils.McpRawPeer;
import io.ordinaut.worker.run.RunOutcome;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** MCP servers over HTTP whose streams break off, or never end. */
@Timeout(120)
class McpStreamTest {
  private static final String PROGRESS =
      """
      data: {"jsonrpc": "2.0", "method": "notifications/message", "params": {}}

      """;

  /** What may be on its way between a server and a client that does not read any more. */
  private static final long UNDER_WAY = 20_000_000;

  private static McpBench bench;
  private static McpRawPeer peer;
  private final AtomicLong sent = new AtomicLong();
  private volatile boolean hungUp;

  @BeforeAll
  static void open() {
    bench = McpBench.overHttp();
    peer = new McpRawPeer();
    bench.register("raw", peer.url());
    bench.output("mcp.discover", "{\"server\": \"raw\"}");
  }

  @AfterAll
  static void close() throws Exception {
    bench.close();
    peer.close();
  }

  @BeforeEach
  void forget() {
    peer.calls().clear();
    peer.canceled().clear();
    peer.resumedAfter().clear();
  }

  @AfterEach
  void the_next_call_finds_a_server_that_works() {
    peer.onCall((id, exchange) -> McpRawPeer.answer(exchange, McpRawPeer.said(id, "well")));
    assertThat(said()).isEqualTo("well");
  }

  private static String said() {
    JsonNode output = bench.output("raw.it", "{}");
    return output.at("/content/0/text").asText();
  }

  private RunOutcome.Ended failed(double timeoutSeconds) {
    return bench.run(
        step("it", "raw.it", "{}").put("retry_count", 1).put("timeout_seconds", timeoutSeconds));
  }

  /** Writes until the client has hung up. */
  private void pour(HttpExchange exchange, String beginning, String drop) throws IOException {
    byte[] bytes = drop.getBytes(StandardCharsets.UTF_8);
    try (OutputStream body = McpRawPeer.stream(exchange, beginning)) {
      while (true) {
        body.write(bytes);
        body.flush();
        sent.addAndGet(bytes.length);
      }
    } finally {
      hungUp = true;
    }
  }

  private void awaitHangUp() {
    await().until(() -> hungUp);
  }

  @Test
  void a_stream_that_breaks_off_is_resumed_after_its_last_event() {
    peer.onCall((id, exchange) -> McpRawPeer.stream(exchange, "id: 7\nretry: 100\n" + PROGRESS));
    peer.onResumption(
        (id, exchange) -> {
          String answer = "id: 9\ndata: " + McpRawPeer.said(id, "at last") + "\n\n";
          boolean first = peer.resumedAfter().size() == 1;
          McpRawPeer.stream(exchange, first ? "id: 8\n" + PROGRESS : answer);
        });
    assertThat(said()).isEqualTo("at last");
    assertThat(peer.resumedAfter()).containsExactly("7", "8");
    assertThat(peer.calls()).as("the tool is not called again").hasSize(1);
  }

  @Test
  void a_stream_that_breaks_off_and_can_not_be_resumed_fails_the_call() {
    peer.onCall((id, exchange) -> McpRawPeer.stream(exchange, PROGRESS));
    assertThat(failed(10).message()).contains("Its answer holds no answer to the request.");
    assertThat(peer.resumedAfter()).isEmpty();
  }

  /** The end of a call that was at the server before its time was over. */
  private RunOutcome.Ended leftAfterTwoSeconds() {
    RunOutcome.Ended end;
    int tries = 0;
    do {
      forget();
      hungUp = false;
      end = failed(2);
      tries++;
    } while (peer.calls().isEmpty() && tries < 10);
    return end;
  }

  @Test
  void a_stream_that_goes_on_without_an_answer_is_left_when_the_time_is_over() {
    for (String drop : new String[] {PROGRESS, ": still here\n"}) {
      peer.onCall((id, exchange) -> pour(exchange, "id: 1\n\n", drop));
      assertThat(leftAfterTwoSeconds().message()).contains("did not answer within 2 seconds");
      awaitHangUp();
      await()
          .untilAsserted(() -> assertThat(peer.canceled()).containsExactlyElementsOf(peer.calls()));
      assertThat(peer.resumedAfter()).isEmpty();
    }
  }

  @Test
  void a_line_without_an_end_is_read_to_its_limit_only() {
    peer.onCall((id, exchange) -> pour(exchange, "id: 1\n\ndata: ", "x".repeat(65_536)));
    assertThat(failed(15).message()).contains("The answer is larger than 10 MiB");
    awaitHangUp();
    assertThat(sent.get()).isLessThan(UNDER_WAY);
    assertThat(peer.resumedAfter()).as("it would be too large again").isEmpty();
  }

  @Test
  void an_event_without_an_end_is_read_to_its_limit_only() {
    peer.onCall((id, exchange) -> pour(exchange, "", "data: " + "x".repeat(65_536) + "\n"));
    assertThat(failed(15).message()).contains("message is longer than 10 MiB");
    awaitHangUp();
    assertThat(sent.get()).isLessThan(UNDER_WAY);
  }

  @Test
  void an_answer_over_the_limit_is_no_output() {
    peer.onCall(
        (id, exchange) -> McpRawPeer.answer(exchange, McpRawPeer.said(id, "x".repeat(11_000_000))));
    assertThat(failed(15).code().code()).isEqualTo("output_invalid");
  }
}

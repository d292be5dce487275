package io.ordinaut.tests.external;

import static io.ordinaut.tests.utils.McpBench.step;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.api.run.RunCommands;
import io.ordinaut.tests.utils.McpBench;
import io.ordinaut.tests.utils.McpHttpPeer;
import io.ordinaut.work.RunStatus;
import io.ordinaut.worker.run.RunOutcome;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Real MCP servers, over stdio and over streamable HTTP. */
@Order(2)
class McpTest {
  /** Shorter than a call that is cut would take. */
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private static McpBench bench;

  @BeforeAll
  static void open() {
    bench = McpBench.withProcesses();
    System.out.println(
        McpBench.hasEverything()
            ? "MCP servers: the public reference server, and one made with the Java SDK"
            : "MCP servers: one made with the Java SDK; the public one is not installed");
  }

  @AfterAll
  static void close() throws Exception {
    bench.close();
  }

  /**
   * A server under test.
   *
   * @param structured a tool with structured content, its arguments and a field of its answer
   * @param slow a tool that takes ten seconds, and its arguments
   * @param crash says, while it lives, what lets it die and come back
   */
  record Peer(String name, String[] structured, String[] slow, Supplier<Runnable> crash) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Peer> peers() {
    List<Peer> peers = new ArrayList<>();
    String[] weather = {"weather", "{}", "temperature"};
    String[] sleep = {"sleep", "{\"seconds\": 10}"};
    peers.add(new Peer("local", weather, sleep, McpTest::killingLocal));
    peers.add(
        new Peer(
            "web",
            weather,
            sleep,
            () ->
                () -> {
                  bench.http().kill();
                  bench.http().start();
                }));
    if (McpBench.hasEverything()) {
      String[] content = {"get-structured-content", "{\"location\": \"Chicago\"}", "temperature"};
      String[] operation = {"trigger-long-running-operation", "{\"duration\": 10, \"steps\": 20}"};
      peers.add(new Peer("everything", content, operation, () -> McpBench::killEverything));
      peers.add(new Peer("everyweb", content, operation, () -> bench::restartEverything));
    }
    return peers.stream();
  }

  private static Runnable killingLocal() {
    long pid = bench.output("local.seen", "{}").get("pid").asLong();
    ProcessHandle process = ProcessHandle.of(pid).orElseThrow();
    return () -> {
      process.destroyForcibly();
      process.onExit().join();
    };
  }

  @ParameterizedTest
  @MethodSource("peers")
  void a_server_is_discovered_called_and_cut_and_may_crash_between_two_steps(Peer peer) {
    JsonNode discovered = bench.output("mcp.discover", "{\"server\": \"" + peer.name + "\"}");
    assertThat(discovered.get("tools")).isNotEmpty();
    assertThat(bench.tools(peer.name)).contains(peer.name + ".echo");
    assertThat(status(peer.name)).isEqualTo("ready");

    JsonNode echo = bench.output(peer.name + ".echo", "{\"message\": \"hi\"}");
    assertThat(echo.at("/content/0/text").asText()).isEqualTo("Echo: hi");

    JsonNode structured = bench.output(peer.name + "." + peer.structured[0], peer.structured[1]);
    assertThat(structured.get(peer.structured[2]).isNumber()).isTrue();

    RunOutcome.Ended missing = bench.run(step("it", peer.name + ".echo", "{}"));
    assertThat(missing.code().code()).isEqualTo("missing_parameter");
    assertThat(missing.message()).endsWith("missing required parameter: message");

    JsonObject slow =
        step("it", peer.name + "." + peer.slow[0], peer.slow[1])
            .put("timeout_seconds", 1)
            .put("retry_count", 1);
    assertThat(bench.run(slow).message()).contains("did not answer within 1 second.");

    bench.interlude(peer.crash.get());
    RunOutcome.Ended run =
        bench.run(
            step("before", peer.name + ".echo", "{\"message\": \"one\"}"),
            step("crash", "interlude", "{}"),
            step("after", peer.name + ".echo", "{\"message\": \"${steps.before.content[0].text}\"}")
                .put("retry_count", 5)
                .put("retry_delay_seconds", 1));
    assertThat(run.status()).as(run.message()).isEqualTo(RunStatus.SUCCESS);
    assertThat(run.outputs().at("/after/content/0/text").asText()).isEqualTo("Echo: Echo: one");
  }

  private static String status(String server) {
    return bench
        .db()
        .query("SELECT status FROM mcp_server WHERE name = $1", server)
        .get(0)
        .getString("status");
  }

  @Test
  void a_tool_whose_name_no_step_can_use_is_named_as_skipped() {
    JsonNode discovered = bench.output("mcp.discover", "{\"server\": \"local\"}");
    assertThat(discovered.get("skipped")).hasSize(1);
    assertThat(discovered.at("/skipped/0").asText()).isEqualTo("bad name");
  }

  @Test
  void a_server_that_can_t_be_started_says_why() {
    RunOutcome.Ended end =
        bench.run(step("it", "mcp.discover", "{\"server\": \"broken\"}").put("retry_count", 1));
    assertThat(end.message()).contains("/no/such/program");
    assertThat(status("broken")).isEqualTo("failed");
  }

  @Test
  void a_text_that_is_json_becomes_the_output() {
    assertThat(bench.output("local.json", "{}").get("answer").asInt()).isEqualTo(42);
  }

  @Test
  void what_a_tool_says_of_its_failure_is_the_error_of_the_step() {
    RunOutcome.Ended end = bench.run(step("it", "local.fail", "{}").put("retry_count", 1));
    assertThat(end.message()).endsWith("No luck today.");
  }

  @Test
  void a_retry_carries_the_same_key() {
    for (String server : List.of("local", "web")) {
      discover(server);
      RunOutcome.Ended end =
          bench.run(
              step("it", server + ".flaky", "{\"run\": \"${run.id}\"}").put("retry_count", 2));
      JsonNode said = end.outputs().path("it");
      String key = said.path("run").asText() + ":it";
      assertThat(said.path("keys")).extracting(JsonNode::asText).containsExactly(key, key);
    }
  }

  @Test
  void an_answer_that_is_too_large_fails_its_step_and_nobody_else() {
    for (String server : List.of("local", "web")) {
      discover(server);
      assertThat(failure(server + ".large", "{\"bytes\": 300000}")).contains("larger than 256 KiB");
      assertThat(failure(server + ".large", "{\"bytes\": 11000000}"))
          .containsAnyOf("10 MiB", "10485760");
      assertThat(bench.output(server + ".echo", "{\"message\": \"on\"}").toString())
          .contains("Echo: on");
    }
  }

  @Test
  void a_line_without_an_end_is_read_to_its_limit_only() {
    discover("local");
    assertThat(failure("local.flood", "{}")).contains("a message is longer than 10485760 bytes");
    assertThat(bench.output("local.echo", "{\"message\": \"on\"}").toString()).contains("Echo: on");
  }

  private static String failure(String uses, String with) {
    RunOutcome.Ended end = bench.run(step("it", uses, with).put("retry_count", 1));
    assertThat(end.status()).isEqualTo(RunStatus.FAILED);
    return end.message();
  }

  @Test
  void a_call_that_is_cut_is_canceled_at_the_server() {
    for (String server : List.of("local", "web")) {
      discover(server);
      int before = cancellations(server);
      bench.run(
          step("it", server + ".sleep", "{\"seconds\": 20}")
              .put("timeout_seconds", 1)
              .put("retry_count", 1));
      awaitOneCancellation(server, before);
    }
  }

  private static int cancellations(String server) {
    return bench.output(server + ".seen", "{}").get("canceled").asInt();
  }

  /** One more comes, and no other follows it. */
  private static void awaitOneCancellation(String server, int before) {
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              bench.worker().watch();
              return cancellations(server) > before;
            });
    await()
        .atMost(PATIENCE)
        .during(Duration.ofMillis(500))
        .until(
            () -> {
              bench.worker().watch();
              return cancellations(server) == before + 1;
            });
  }

  @Test
  void a_run_that_is_canceled_cancels_its_call_at_the_server() {
    for (String server : List.of("local", "web")) {
      discover(server);
      int before = cancellations(server);
      UUID run = bench.start(step("it", server + ".sleep", "{\"seconds\": 20}"));
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  bench
                      .output(server + ".seen", "{}")
                      .get("keys")
                      .toString()
                      .contains(run + ":it"));
      new RunCommands(bench.db().db(), bench.db().nudges()).cancel(run);
      awaitOneCancellation(server, before);
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  bench
                          .db()
                          .count(
                              "SELECT count(*) FROM task_run WHERE id = $1 AND status = 'canceled'",
                              run)
                      == 1);
    }
  }

  private static void discover(String server) {
    bench.output("mcp.discover", "{\"server\": \"" + server + "\"}");
  }

  @Test
  void a_process_sees_no_more_of_the_environment_than_it_must() {
    JsonNode variables = bench.output("local.seen", "{}").get("variables");
    assertThat(variables.get("GREETING").asText()).isEqualTo("hello");
    assertThat(List.of("PATH", "HOME", "LANG", "GREETING"))
        .containsAll((Iterable<String>) () -> variables.fieldNames());
  }

  @Test
  void a_new_tool_is_in_the_catalogue_without_being_asked_for() {
    for (String server : List.of("local", "web")) {
      discover(server);
      bench.output(server + ".grow", "{}");
      await()
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(bench.tools(server)).contains(server + ".grown"));
    }
  }

  @Test
  void a_session_that_the_server_forgot_is_made_anew_within_the_call() {
    discover("web");
    bench.http().forgetSessions();
    JsonNode echo = bench.output("web.echo", "{\"message\": \"still here\"}");
    assertThat(echo.at("/content/0/text").asText()).isEqualTo("Echo: still here");
  }

  @Test
  void many_calls_share_one_session() {
    discover("web");
    bench.output("web.echo", "{\"message\": \"first\"}");
    int sessions = bench.http().sessions();
    List<CompletableFuture<JsonNode>> calls =
        IntStream.range(0, 10)
            .mapToObj(
                i ->
                    CompletableFuture.supplyAsync(
                        () -> bench.output("web.sleep", "{\"seconds\": 1}")))
            .toList();
    assertThat(calls).allSatisfy(call -> assertThat(call.join().toString()).contains("Slept."));
    assertThat(bench.http().sessions()).isEqualTo(sessions);
  }

  @Test
  void a_server_that_does_not_answer_delays_only_its_own_callers() throws Exception {
    CountDownLatch opened = new CountDownLatch(1);
    try (var slow = new McpHttpPeer()) {
      slow.delayUntil(opened);
      bench.register("slow", slow.url());
      CompletableFuture<RunOutcome.Ended> waiting =
          CompletableFuture.supplyAsync(
              () ->
                  bench.run(
                      step("it", "mcp.discover", "{\"server\": \"slow\"}")
                          .put("timeout_seconds", 60)
                          .put("retry_count", 1)));
      bench.output("local.echo", "{\"message\": \"meanwhile\"}");
      assertThat(waiting).isNotDone();
      opened.countDown();
      assertThat(waiting.join().status()).isEqualTo(RunStatus.SUCCESS);
    }
  }

  @Test
  void a_server_that_does_not_answer_is_asked_for_its_tools_for_as_long_as_the_step_may_take() {
    CountDownLatch opened = new CountDownLatch(1);
    try (var silent = new McpHttpPeer()) {
      silent.delayUntil(opened);
      bench.register("silent", silent.url());
      RunOutcome.Ended end =
          bench.run(
              step("it", "mcp.discover", "{\"server\": \"silent\"}")
                  .put("timeout_seconds", 2)
                  .put("retry_count", 1));
      assertThat(end.status()).isEqualTo(RunStatus.FAILED);
      // The wait for a connection and the step are over at the same time, and either may say so.
      assertThat(end.message()).contains("within 2 seconds.");
      opened.countDown();
      discover("silent");
    }
  }
}

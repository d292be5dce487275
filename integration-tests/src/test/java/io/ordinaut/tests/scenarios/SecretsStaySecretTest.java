package io.ordinaut.tests.scenarios;

import static io.restassured.RestAssured.given;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import io.ordinaut.json.Json;
import io.ordinaut.store.Db;
import io.ordinaut.tests.utils.BackendsResource;
import io.ordinaut.tests.utils.Canary;
import io.ordinaut.tests.utils.McpHttpPeer;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.redis.client.Redis;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Whatever a run does with a secret, nobody but the tool gets to see it. */
@QuarkusTest
@Execution(ExecutionMode.SAME_THREAD)
@QuarkusTestResource(BackendsResource.class)
class SecretsStaySecretTest {
  @Inject Db db;
  @Inject Redis redis;

  private Canary canary;
  private final List<String> tasks = new ArrayList<>();

  @BeforeEach
  void cage() {
    canary = new Canary();
    given()
        .contentType("application/json")
        .body(Json.write(Json.object().put("value", canary.value())))
        .put("/v1/secrets/CANARY");
    given()
        .contentType("application/json")
        .body(Json.write(Json.object().put("value", canary.core())))
        .put("/v1/secrets/SONG");
  }

  @AfterEach
  void free() {
    canary.close();
    given().delete("/v1/secrets/CANARY");
    given().delete("/v1/secrets/SONG");
  }

  private void task(String schedule, String pipeline) {
    String id =
        given()
            .contentType("application/json")
            .body(
                """
                {"title": "sings", %s, "max_retries": 1, "backoff_base_seconds": 0.01,
                 "payload": {%s}}"""
                    .formatted(schedule, pipeline))
            .post("/v1/tasks")
            .then()
            .statusCode(201)
            .extract()
            .path("id");
    tasks.add(id);
  }

  private void once(String steps) {
    task(
        "\"schedule_kind\": \"once\", \"schedule_expr\": \"2020-01-01T00:00:00Z\"",
        "\"pipeline\": [" + steps + "]");
  }

  private void awaitRuns() {
    for (String task : tasks) {
      await()
          .atMost(Duration.ofSeconds(20))
          .pollInterval(50, TimeUnit.MILLISECONDS)
          .until(
              () ->
                  given()
                      .get("/v1/tasks/" + task + "/runs")
                      .jsonPath()
                      .getList("finished_at")
                      .stream()
                      .anyMatch(at -> at != null));
    }
  }

  private void assertSilence(String... statuses) {
    awaitRuns();
    List<String> found = new ArrayList<>();
    for (String task : tasks) {
      var runs = given().get("/v1/tasks/" + task + "/runs");
      found.add(runs.path("[0].status"));
      canary.assertNotIn("the list of runs", runs.asString());
      canary.assertNotIn("the task", given().get("/v1/tasks/" + task).asString());
      String run = runs.path("[0].id");
      canary.assertNotIn("the run", given().get("/v1/runs/" + run).asString());
    }
    assertThat(found).containsExactly(statuses);
    for (String path : List.of("/v1/secrets", "/v1/events", "/v1/tools", "/metrics")) {
      canary.assertNotIn(path, given().get(path).asString());
    }
    canary.assertInNoTable(db);
    canary.assertNotIn(redis);
    canary.assertNotLogged();
  }

  @Test
  void in_what_a_tool_is_given_and_answers() {
    once(
        """
        {"id": "header", "uses": "echo-tool", "save_as": "echo", "with": {
          "url": "https://example.com/?key=${secrets.CANARY}", "whole": "${secrets.CANARY}",
          "headers": {"Authorization": "Bearer ${secrets.CANARY}"}, "all": "${[secrets.CANARY]}"}},
        {"id": "later", "uses": "echo-tool", "save_as": "later", "with": {"again": "${steps.echo}"}},
        {"id": "chosen", "uses": "echo-tool", "if": "contains(secrets.CANARY, 'x') || `true`",
         "with": {"text": "a ${to_string([secrets.CANARY])} b"}, "save_as": "chosen"},
        {"id": "list", "uses": "echo-tool", "foreach": "[secrets.CANARY, 'b']",
         "with": {"item": "${item}"}, "save_as": "list"}""");
    assertSilence("success");
    String run = given().get("/v1/tasks/" + tasks.get(0) + "/runs").path("[0].id");
    given()
        .get("/v1/runs/" + run)
        .then()
        .body("outputs.echo.whole", org.hamcrest.Matchers.equalTo("***"))
        .body("steps[0].input.headers.Authorization", org.hamcrest.Matchers.equalTo("Bearer ***"));
  }

  @Test
  void in_what_goes_wrong() {
    once(
        """
        {"id": "fails", "uses": "failing-tool", "with": {"message": "I got ${secrets.CANARY}."}}""");
    once(
        """
        {"id": "again", "uses": "failing-tool", "retry_count": 2,
         "with": {"message": "{\\"key\\": \\"${secrets.CANARY}\\"}"}}""");
    once("{\"id\": \"t\", \"uses\": \"echo-tool\", \"with\": {\"x\": \"${abs(secrets.CANARY)}\"}}");
    once(
        """
        {"id": "i", "uses": "echo-tool", "if": "abs(secrets.CANARY) > `1`"}""");
    once(
        """
        {"id": "done", "uses": "echo-tool", "with": {"x": "${secrets.CANARY}"}, "save_as": "done",
         "compensate": {"uses": "echo-tool", "with": {"undo": "${secrets.CANARY}"}}},
        {"id": "back", "uses": "failing-tool", "on_error": "rollback", "retry_count": 1,
         "with": {"message": "${steps.done.x} ${secrets.CANARY}"}}""");
    once("{\"id\": \"u\", \"uses\": \"no.tool\", \"with\": {\"x\": \"${secrets.CANARY}\"}}");
    assertSilence("failed", "failed", "failed", "failed", "failed", "failed");
  }

  @Test
  void in_what_a_condition_looks_at() {
    task(
        "\"schedule_kind\": \"condition\", \"schedule_expr\": \"probe.a != `1`\"",
        """
        "condition": {"every": "1h", "probe": {"uses": "echo-tool",
          "with": {"a": "${secrets.CANARY}"}}},
        "pipeline": [{"id": "e", "uses": "echo-tool", "with": {"seen": "${event.probe.a}"}}]""");
    task(
        "\"schedule_kind\": \"condition\", \"schedule_expr\": \"abs(probe.a) > `1`\"",
        """
        "condition": {"every": "1h", "probe": {"uses": "echo-tool",
          "with": {"a": "${secrets.CANARY}"}}}, "pipeline": []""");
    assertConditionsLookNow();
    assertSilence("success", "failed");
  }

  @Test
  void in_what_a_peer_sends_that_is_not_http() throws IOException {
    byte[] garbage =
        ("220 " + canary.core() + " ready\r\n" + canary.core() + "\r\n\r\n").getBytes(UTF_8);
    try (ServerSocket peer = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
      Thread answers = new Thread(() -> answerAll(peer, garbage), "garbage");
      answers.setDaemon(true);
      answers.start();
      once(
          """
          {"id": "ask", "uses": "http.request", "retry_count": 1, "with": {
            "url": "http://127.0.0.1:%d/", "headers": {"Authorization": "Bearer ${secrets.SONG}"}}}"""
              .formatted(peer.getLocalPort()));
      assertSilence("failed");
    }
  }

  private static void answerAll(ServerSocket peer, byte[] answer) {
    while (!peer.isClosed()) {
      try (Socket socket = peer.accept()) {
        socket.getInputStream().read(new byte[8_192]);
        socket.getOutputStream().write(answer);
        socket.shutdownOutput();
      } catch (IOException e) {
        // The test is over, or the client has hung up.
      }
    }
  }

  @Test
  void in_the_topic_of_an_event() {
    once(
        """
        {"id": "tell", "uses": "event.publish", "with": {"topic": "all.${secrets.SONG}"}}""");
    assertSilence("failed");
    given()
        .get("/v1/tasks/" + tasks.get(0) + "/runs")
        .then()
        .body("[0].error_message", containsString("topic must not hold a secret: all see it."));
  }

  @Test
  void in_the_headers_and_the_tools_of_an_mcp_server() {
    String server = "canary" + UUID.randomUUID().toString().substring(0, 8);
    try (McpHttpPeer peer = new McpHttpPeer()) {
      peer.describe("You sent " + canary.core() + ".");
      given()
          .contentType("application/json")
          .body(
              """
              {"transport": "http", "url": "%s", "headers": {"Authorization": "Bearer ${secrets.SONG}"}}"""
                  .formatted(peer.url()))
          .put("/v1/mcp-servers/" + server)
          .then()
          .statusCode(202);
      await().until(() -> given().get("/v1/tools/" + server + ".told").statusCode() == 200);
      once("{\"id\": \"told\", \"uses\": \"" + server + ".told\", \"save_as\": \"told\"}");
      assertSilence("success");
      assertThat(peer.authorizations()).containsExactly("Bearer " + canary.core());
      given()
          .get("/v1/tools/" + server + ".told")
          .then()
          .body("description", equalTo("You sent ***."));
      canary.assertNotIn("the server", given().get("/v1/mcp-servers/" + server).asString());
    } finally {
      given().delete("/v1/mcp-servers/" + server);
    }
  }

  /** Conditions are looked at for the first time when their time has come; that is an hour away. */
  private void assertConditionsLookNow() {
    for (String task : tasks) {
      int moved =
          db.execute(
              "UPDATE task SET next_run = date_trunc('milliseconds', now()) WHERE id ="
                  + " $1::text::uuid",
              io.vertx.sqlclient.Tuple.of(task));
      assertThat(moved).isEqualTo(1);
    }
  }
}

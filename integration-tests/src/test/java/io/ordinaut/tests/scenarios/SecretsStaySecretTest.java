package io.ordinaut.tests.scenarios;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ordinaut.json.Json;
import io.ordinaut.store.Db;
import io.ordinaut.tests.utils.BackendsResource;
import io.ordinaut.tests.utils.Canary;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.redis.client.Redis;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
  }

  @AfterEach
  void free() {
    canary.close();
    given().delete("/v1/secrets/CANARY");
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

  /** Conditions are looked at for the first time when their time has come; that is an hour away. */
  private void assertConditionsLookNow() {
    for (String task : tasks) {
      int moved =
          db.execute(
              "UPDATE task SET next_run = date_trunc('milliseconds', now()) WHERE id = $1::text::uuid",
              io.vertx.sqlclient.Tuple.of(task));
      assertThat(moved).isEqualTo(1);
    }
  }
}

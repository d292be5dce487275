package io.ordinaut.tests.components;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import io.ordinaut.store.Db;
import io.ordinaut.tests.utils.BackendsResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Commands on runs, and the fields of tasks that bound them, over REST. */
@QuarkusTest
@Execution(ExecutionMode.SAME_THREAD)
@QuarkusTestResource(BackendsResource.class)
class RunCommandsApiTest {
  @Inject Db db;

  private static ValidatableResponse post(String path, String body) {
    return given().contentType("application/json").body(body).post(path).then();
  }

  private static ValidatableResponse patch(String id, String body) {
    return given().contentType("application/json").body(body).patch("/v1/tasks/" + id).then();
  }

  private static String task(String steps, String more) {
    return """
        {"title": "bounded", "schedule_kind": "cron", "schedule_expr": "0 0 1 1 *",
         "payload": {"pipeline": [%s]}%s}"""
        .formatted(steps, more);
  }

  private static String create(String steps, String more) {
    return post("/v1/tasks", task(steps, more)).statusCode(201).extract().path("id");
  }

  private static String runOf(String taskId) {
    return post("/v1/tasks/" + taskId + "/run_now", "").statusCode(202).extract().path("work_id");
  }

  private static String awaitStatus(String run, String status) {
    await().until(() -> status.equals(given().get("/v1/runs/" + run).path("status")));
    return run;
  }

  private static void refusedField(String body, String field) {
    post("/v1/tasks", body).statusCode(422).body("errors.field", hasItem(field));
  }

  private Row row(String sql, String id) {
    return db.query(sql, Tuple.of(UUID.fromString(id)), row -> row).get(0);
  }

  @Test
  void what_bounds_runs_is_taken_shown_edited_and_found() {
    String key = "key " + UUID.randomUUID();
    String id = create("", ", \"concurrency_key\": \"" + key + "\", \"timeout_seconds\": 600");
    given()
        .get("/v1/tasks/" + id)
        .then()
        .body("concurrency_key", equalTo(key))
        .body("concurrency_limit", equalTo(1))
        .body("timeout_seconds", equalTo(600));
    given().queryParam("concurrency_key", key).get("/v1/tasks").then().body("id", contains(id));
    given().queryParam("concurrency_key", "no" + key).get("/v1/tasks").then().body("$", hasSize(0));
    patch(id, "{\"concurrency_limit\": 7, \"timeout_seconds\": null}")
        .statusCode(200)
        .body("concurrency_limit", equalTo(7))
        .body("timeout_seconds", nullValue());
    patch(id, "{\"concurrency_key\": null}")
        .statusCode(200)
        .body("concurrency_key", nullValue())
        .body("concurrency_limit", nullValue());
    patch(id, "{\"concurrency_limit\": 2}").statusCode(422);
    patch(id, "{\"concurrency_key\": \"again\", \"concurrency_limit\": 3}").statusCode(200);
    patch(id, "{\"overlap\": \"buffer_one\"}").statusCode(422);
    Row stored = row("SELECT * FROM task WHERE id = $1", id);
    assertThat(stored.getString("concurrency_key")).isEqualTo("again");
    assertThat(stored.getInteger("concurrency_limit")).isEqualTo(3);
    post("/v1/tasks/batch", "{\"tasks\": [" + task("", ", \"timeout_seconds\": 5") + "]}")
        .body("results[0].status", equalTo(201));
  }

  @Test
  void what_can_not_bound_a_run_is_refused() {
    refusedField(task("", ", \"concurrency_key\": \"\""), "concurrency_key");
    refusedField(task("", ", \"concurrency_key\": \"task:x\""), "concurrency_key");
    refusedField(task("", ", \"concurrency_key\": \"" + "k".repeat(201) + "\""), "concurrency_key");
    refusedField(task("", ", \"concurrency_limit\": 2"), "concurrency_limit");
    for (String limit : new String[] {"0", "10001", "1.5", "\"2\""}) {
      refusedField(
          task("", ", \"concurrency_key\": \"k\", \"concurrency_limit\": " + limit),
          "concurrency_limit");
    }
    for (String timeout : new String[] {"0", "-1", "31622401", "\"60\""}) {
      refusedField(task("", ", \"timeout_seconds\": " + timeout), "timeout_seconds");
    }
    for (String overlap : new String[] {"buffer_one", "cancel_running"}) {
      refusedField(
          task("", ", \"concurrency_key\": \"k\", \"overlap\": \"" + overlap + "\""),
          "concurrency_key");
    }
    create("", ", \"concurrency_key\": \"k\", \"overlap\": \"skip\"");
  }

  @Test
  void an_edit_of_the_key_reaches_work_that_waits() {
    String id = create("", "");
    UUID waiting = UUID.randomUUID();
    db.execute(
        """
        INSERT INTO due_work (id, task_id, available_at, payload)
        VALUES ($1, $2, now() + interval '1 hour', '{"pipeline": []}')""",
        Tuple.of(waiting, UUID.fromString(id)));
    patch(id, "{\"concurrency_key\": \"later\", \"concurrency_limit\": 4}").statusCode(200);
    Row work = row("SELECT * FROM due_work_open WHERE id = $1", waiting.toString());
    assertThat(work.getString("concurrency_key")).isEqualTo("later");
    assertThat(work.getInteger("concurrency_limit")).isEqualTo(4);
    post("/v1/runs/" + waiting + "/cancel", "").statusCode(202).body("status", equalTo("canceled"));
  }

  @Test
  void a_run_is_canceled_wherever_it_stands() {
    String id = create("{\"id\": \"wait\", \"uses\": \"delay\", \"with\": {\"seconds\": 600}}", "");
    String run = runOf(id);
    await().until(() -> given().get("/v1/runs/" + run).path("parked") != null);
    given()
        .get("/v1/runs?task_id=" + id)
        .then()
        .body("parked.why", contains("delay"))
        .body("parked.until", hasSize(1))
        .body("root_id", contains(run));
    post("/v1/runs/" + run + "/cancel", "")
        .statusCode(202)
        .body("status", equalTo("canceled"))
        .body("error_code", equalTo("canceled"));
    post("/v1/runs/" + run + "/cancel", "")
        .statusCode(409)
        .body("detail", containsString("canceled"));
    for (String unknown : new String[] {"x", UUID.randomUUID().toString()}) {
      post("/v1/runs/" + unknown + "/cancel", "").statusCode(404);
      post("/v1/runs/" + unknown + "/retry", "").statusCode(404);
    }
  }

  @Test
  void a_failed_run_is_a_dead_letter_until_it_is_tried_again() {
    String id = create("{\"id\": \"no\", \"uses\": \"assert\", \"with\": {\"that\": false}}", "");
    String run = awaitStatus(runOf(id), "failed");
    String letters = "/v1/runs?status=failed&error_code=condition_error&limit=200";
    given().get(letters).then().body("id", hasItem(run));
    given()
        .get("/v1/runs/" + run)
        .then()
        .body("steps[0].error", notNullValue())
        .body("steps[0].input.that", equalTo(false))
        .body("steps_left_out", equalTo(0));
    String again =
        given()
            .post("/v1/runs/" + run + "/retry")
            .then()
            .statusCode(202)
            .header("Location", containsString("/v1/runs/"))
            .extract()
            .path("work_id");
    given()
        .get("/v1/runs/" + again)
        .then()
        .statusCode(200)
        .body("resumes", equalTo(run))
        .body("root_id", equalTo(run))
        .body("cause", equalTo("redrive"));
    awaitStatus(again, "failed");
    post("/v1/runs/redrive", "{\"task_id\": \"" + id + "\", \"dry_run\": true}")
        .statusCode(200)
        .body("matched", equalTo(1))
        .body("redriven", equalTo(0))
        .body("runs.run_id", contains(again));
    String last =
        post("/v1/runs/redrive", "{\"task_id\": \"" + id + "\", \"from\": \"start\"}")
            .statusCode(202)
            .body("matched", equalTo(1))
            .body("redriven", equalTo(1))
            .extract()
            .path("runs[0].work_id");
    given().get("/v1/runs/" + awaitStatus(last, "failed")).then().body("root_id", equalTo(last));
  }

  @Test
  void a_request_that_says_what_can_not_be_is_refused() {
    String id = create("", "");
    String run = awaitStatus(runOf(id), "success");
    String retry = "/v1/runs/" + run + "/retry";
    post(retry, "{\"from\": \"end\"}").statusCode(422).body("errors.field", contains("from"));
    post(retry, "{\"payload\": \"current\"}")
        .statusCode(422)
        .body("errors.field", contains("payload"));
    post(retry, "{\"step\": 1}").statusCode(422);
    post(retry, "[]").statusCode(422);
    post(retry, "{").statusCode(400);
    post(retry, "").statusCode(409).body("detail", containsString("succeeded"));
    post(retry, "{\"from\": \"start\", \"payload\": \"original\"}").statusCode(409);
    post(retry, "{\"from\": \"start\"}").statusCode(202).body("work_id", notNullValue());
    post("/v1/runs/redrive", "{\"status\": \"success\"}").statusCode(422);
    post("/v1/runs/redrive", "{\"limit\": 1001}").statusCode(422);
    post("/v1/runs/redrive", "{\"task_id\": \"x\"}").statusCode(422);
    post("/v1/runs/redrive", "{\"finished_after\": \"yesterday\"}").statusCode(422);
    post("/v1/runs/redrive", "{\"error_code\": \"\\u0000\"}").statusCode(422);
    given().contentType("text/plain").body("x").post("/v1/runs/redrive").then().statusCode(415);
  }

  @Test
  void of_more_than_a_thousand_tries_the_last_are_shown() {
    UUID run = UUID.randomUUID();
    db.execute(
        "INSERT INTO task_run (id, run_at, status) VALUES ($1, now(), 'failed')", Tuple.of(run));
    db.execute(
        """
        INSERT INTO run_log (run_id, step_id, attempt, status, started_at, finished_at, created_at)
        SELECT $1, 's', i, 'failed', now(), now(), now() + i * interval '1 ms'
        FROM generate_series(1, 1005) i""",
        Tuple.of(run));
    given()
        .get("/v1/runs/" + run)
        .then()
        .body("steps", hasSize(1_000))
        .body("steps_left_out", equalTo(5))
        .body("steps[0].attempt", equalTo(6))
        .body("steps[999].attempt", equalTo(1_005));
  }

  @Test
  void a_retry_waits_for_the_delay_in_which_its_run_was_canceled_and_says_so() {
    String id = create("{\"id\": \"wait\", \"uses\": \"delay\", \"with\": {\"seconds\": 600}}", "");
    String run = runOf(id);
    await().until(() -> given().get("/v1/runs/" + run).path("parked") != null);
    post("/v1/runs/" + run + "/cancel", "").statusCode(202);
    String again = post("/v1/runs/" + run + "/retry", "").statusCode(202).extract().path("work_id");
    given()
        .get("/v1/runs/" + again)
        .then()
        .body("status", equalTo("pending"))
        .body("parked.why", equalTo("delay"))
        .body("parked.until", notNullValue());
    given()
        .get("/v1/tasks/" + id + "/runs?status=pending")
        .then()
        .body("id", contains(again))
        .body("parked.why", contains("delay"));
    post("/v1/runs/" + again + "/cancel", "{}").statusCode(202);
  }

  @Test
  void a_command_says_what_it_does_not_understand() {
    String run = awaitStatus(runOf(create("", "")), "success");
    for (String command : new String[] {"/cancel", "/retry"}) {
      String path = "/v1/runs/" + run + command;
      post(path, "{").statusCode(400);
      post(path, "{\"why\": 1}").statusCode(422).body("errors.field", contains("why"));
      post(path + "?zz=1", "").statusCode(422).body("errors.field", contains("zz"));
      given().contentType("text/plain").body("x").post(path).then().statusCode(415);
      given().post(path).then().statusCode(409);
    }
    post("/v1/runs/redrive?zz=1", "{}").statusCode(422).body("errors.field", contains("zz"));
    given()
        .get("/v1/runs?status=failed&status=failed")
        .then()
        .statusCode(422)
        .body("errors.field", contains("status"));
  }
}

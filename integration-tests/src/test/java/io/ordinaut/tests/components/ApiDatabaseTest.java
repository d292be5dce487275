package io.ordinaut.tests.components;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.oneOf;

import io.ordinaut.store.Db;
import io.ordinaut.tests.utils.BackendsResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import io.restassured.response.ValidatableResponse;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@QuarkusTest
@Execution(ExecutionMode.SAME_THREAD)
@QuarkusTestResource(BackendsResource.class)
class ApiDatabaseTest {
  @Inject Db db;

  private static final String PIPELINE = "{\"pipeline\": []}";

  private static ValidatableResponse post(String path, String body) {
    return given().contentType("application/json").body(body).post(path).then();
  }

  private static ValidatableResponse patch(String id, String body) {
    return given().contentType("application/json").body(body).patch("/v1/tasks/" + id).then();
  }

  private static String create(String title, String kind, String expression, String more) {
    return post(
            "/v1/tasks",
            """
            {"title": "%s", "schedule_kind": "%s", "schedule_expr": "%s", "payload": %s%s}"""
                .formatted(title, kind, expression, PIPELINE, more))
        .statusCode(201)
        .extract()
        .path("id");
  }

  private Row task(String id) {
    return db.query("SELECT * FROM task WHERE id = $1", Tuple.of(UUID.fromString(id)), row -> row)
        .get(0);
  }

  private long count(String sql, String id) {
    return db.query(sql, Tuple.of(UUID.fromString(id)), row -> row.getLong(0)).get(0);
  }

  @Test
  void what_the_api_accepts_stands_in_the_database() {
    String id =
        create(
            "crud",
            "cron",
            "0 9 * * MON-FRI",
            ", \"timezone\": \"Europe/Chisinau\", \"starts_at\": \"2040-01-01T00:00:00Z\"");
    Row stored = task(id);
    assertThat(stored.getString("title")).isEqualTo("crud");
    assertThat(stored.getString("schedule_kind")).isEqualTo("cron");
    assertThat(stored.getOffsetDateTime("next_run")).isNotNull();

    patch(id, "{\"title\": \"Updated Title\"}").statusCode(200).header("ETag", "\"2\"");
    Row updated = task(id);
    assertThat(updated.getString("title")).isEqualTo("Updated Title");
    assertThat(updated.getOffsetDateTime("updated_at"))
        .isAfter(updated.getOffsetDateTime("created_at"));
    assertThat(updated.getOffsetDateTime("next_run"))
        .as("the schedule was not touched")
        .isEqualTo(stored.getOffsetDateTime("next_run"));
  }

  @Test
  void an_edit_of_the_schedule_moves_next_run_at_once() {
    String id = create("moved", "cron", "0 0 1 1 *", "");
    JsonPath edited =
        patch(id, "{\"schedule_expr\": \"*/5 * * * *\", \"labels\": {\"team\": \"a\"}}")
            .statusCode(200)
            .extract()
            .jsonPath();
    assertThat(Instant.parse(edited.getString("next_run")))
        .isBeforeOrEqualTo(Instant.now().plus(Duration.ofMinutes(5)));
    assertThat(edited.getString("labels.team")).isEqualTo("a");
    patch(id, "{\"labels\": {\"team\": null, \"env\": \"x\"}}").statusCode(200);
    assertThat(count("SELECT count(*) FROM task_label WHERE task_id = $1", id)).isEqualTo(1);
  }

  @Test
  void edits_are_guarded() {
    String id = create("guarded", "cron", "0 0 1 1 *", "");
    given()
        .contentType("application/merge-patch+json")
        .header("If-Match", "\"7\"")
        .body("{\"title\": \"x\"}")
        .patch("/v1/tasks/" + id)
        .then()
        .statusCode(412);
    given()
        .contentType("application/merge-patch+json")
        .header("If-Match", "\"1\"")
        .body("{\"title\": \"x\"}")
        .patch("/v1/tasks/" + id)
        .then()
        .statusCode(200);
    patch(id, "{\"status\": \"paused\"}").statusCode(422).body("errors.field", hasItem("status"));
    patch(id, "{\"priority\": 0, \"schedule_expr\": \"never\"}").statusCode(422);
    patch(id, "[]").statusCode(422);
    patch(id, "{").statusCode(400);
    assertThat(task(id).getInteger("version")).isEqualTo(2);
    post("/v1/tasks/" + id + "/cancel", "").statusCode(200);
    patch(id, "{\"title\": \"y\"}").statusCode(409);
  }

  @Test
  void lists_are_paged_by_keyset_and_filtered() {
    String mark = "page" + UUID.randomUUID().toString().substring(0, 8);
    List<String> made = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      made.add(
          0,
          create(mark + " " + i, "cron", "0 0 1 1 *", ", \"labels\": {\"m\": \"" + mark + "\"}"));
    }
    List<String> seen = new ArrayList<>();
    String next = "/v1/tasks?limit=3&label.m=" + mark;
    while (next != null) {
      Response page = given().get(next);
      page.then().statusCode(200);
      seen.addAll(page.jsonPath().getList("id"));
      String link = page.header("Link");
      next = link == null ? null : link.substring(link.indexOf("/v1/"), link.indexOf('>'));
    }
    assertThat(seen).isEqualTo(made);
    given().queryParam("q", mark + " 3").get("/v1/tasks").then().body("$", hasSize(1));
    given().get("/v1/tasks?status=paused&q=" + mark).then().body("$", hasSize(0));
    given().get("/v1/tasks?schedule_kind=cron&q=" + mark).then().body("$", hasSize(7));
    given()
        .get("/v1/tasks?next_run_before=2020-01-01T00:00:00Z&q=" + mark)
        .then()
        .body("$", hasSize(0));
    for (String bad :
        List.of(
            "limit=0",
            "limit=x",
            "cursor=nonsense",
            "status=odd",
            "created_by=1",
            "next_run_after=soon",
            "colour=red")) {
      given()
          .get("/v1/tasks?" + bad)
          .then()
          .statusCode(422)
          .body("errors.field", hasItem(bad.substring(0, bad.indexOf('='))));
    }
  }

  @Test
  void run_now_answers_with_work_that_can_be_read_at_once() {
    String id =
        post(
                "/v1/tasks",
                """
                {"title": "now", "schedule_kind": "cron", "schedule_expr": "0 0 1 1 *",
                 "payload": {"params": {"a": 1, "b": 2}, "pipeline": [
                   {"id": "e", "uses": "echo-tool", "save_as": "e",
                    "with": {"a": "${params.a}", "b": "${params.b}"}}]}}""")
            .statusCode(201)
            .extract()
            .path("id");
    String run =
        post("/v1/tasks/" + id + "/run_now", "{\"params\": {\"b\": 3}}")
            .statusCode(202)
            .extract()
            .path("work_id");
    given().get("/v1/runs/" + run).then().statusCode(200).body("id", equalTo(run));
    await().until(() -> "success".equals(given().get("/v1/runs/" + run).path("status")));
    given()
        .get("/v1/runs/" + run)
        .then()
        .body("cause", equalTo("manual"))
        .body("outputs.e.a", equalTo(1))
        .body("outputs.e.b", equalTo(3))
        .body("steps", hasSize(1))
        .body("steps[0].step_id", equalTo("e"))
        .body("steps[0].status", equalTo("success"));
    given().get("/v1/tasks/" + id).then().body("status", equalTo("active"));
    given().get("/v1/runs?task_id=" + id + "&status=success").then().body("$", hasSize(1));
    given().get("/v1/runs?task_id=" + id + "&status=failed").then().body("$", hasSize(0));
    given().get("/v1/runs?task_id=" + id + "&error_code=timeout").then().body("$", hasSize(0));
    post("/v1/tasks/" + id + "/run_now", "{\"params\": 3}").statusCode(422);
    post("/v1/tasks/" + id + "/run_now", "{\"other\": 3}").statusCode(422);
  }

  @Test
  void pause_resume_and_cancel_are_idempotent_and_final_is_final() {
    String id = create("commanded", "cron", "0 0 1 1 *", "");
    for (int i = 0; i < 2; i++) {
      post("/v1/tasks/" + id + "/pause", "").statusCode(200).body("status", equalTo("paused"));
    }
    for (int i = 0; i < 2; i++) {
      post("/v1/tasks/" + id + "/resume", "")
          .statusCode(200)
          .body("status", equalTo("active"))
          .body("next_run", notNullValue());
    }
    for (int i = 0; i < 2; i++) {
      post("/v1/tasks/" + id + "/cancel", "")
          .statusCode(200)
          .body("status", equalTo("canceled"))
          .body("next_run", nullValue());
    }
    post("/v1/tasks/" + id + "/resume", "").statusCode(409);
    post("/v1/tasks/" + id + "/run_now", "").statusCode(409);
  }

  @Test
  void delete_cancels_and_purge_removes() {
    String id = create("deleted", "cron", "0 0 1 1 *", ", \"labels\": {\"a\": \"b\"}");
    given().delete("/v1/tasks/" + id).then().statusCode(200).body("status", equalTo("canceled"));
    given().delete("/v1/tasks/" + id + "?purge=maybe").then().statusCode(422);
    given().delete("/v1/tasks/" + id + "?purge=true").then().statusCode(204);
    given().get("/v1/tasks/" + id).then().statusCode(404);
    given().delete("/v1/tasks/" + id).then().statusCode(404);
    assertThat(count("SELECT count(*) FROM task_label WHERE task_id = $1", id)).isZero();
  }

  @Test
  void the_answer_to_a_batch_of_faults_is_not_longer_than_the_batch() {
    String one =
        IntStream.range(0, 100)
            .mapToObj(i -> "\"%d\":0".formatted(i))
            .collect(Collectors.joining(",", "{", "}"));
    String batch = String.join(",", Collections.nCopies(1_000, one));
    Response answer =
        post("/v1/tasks/batch", "{\"tasks\": [" + batch + "]}")
            .statusCode(200)
            .extract()
            .response();
    assertThat(answer.asString()).hasSizeLessThan(batch.length());
    JsonPath results = answer.jsonPath();
    assertThat(results.getList("results.errors", List.class))
        .hasSize(1_000)
        .allSatisfy(errors -> assertThat(errors).hasSizeBetween(1, 10));
    assertThat(results.getString("results[0].errors[9].message"))
        .endsWith("more faults, not named here.");
    assertThat(results.getString("results[999].errors[0].message"))
        .contains("send the task by itself");
  }

  @Test
  void a_batch_takes_what_is_right_and_says_what_is_wrong() {
    String good =
        "{\"title\": \"b\", \"schedule_kind\": \"cron\", \"schedule_expr\": \"0 0 1 1 *\","
            + " \"payload\": {\"pipeline\": []}}";
    post("/v1/tasks/batch", "{\"tasks\": [" + good + ", {\"title\": 1}, " + good + ", 7]}")
        .statusCode(200)
        .body("results", hasSize(4))
        .body("results.status", equalTo(List.of(201, 422, 201, 422)))
        .body("results[0].id", notNullValue())
        .body("results[1].errors.field", hasItem("title"));
    post("/v1/tasks/batch", "{\"tasks\": {}}").statusCode(422);
    post("/v1/tasks/batch", "{}").statusCode(422);
    post("/v1/tasks/batch", "{\"tasks\": [" + "1,".repeat(1_000) + "1]}").statusCode(422);
  }

  @Test
  void what_can_not_be_is_refused_everywhere_and_nothing_is_stored() {
    long before =
        db.query("SELECT count(*) FROM task", Tuple.tuple(), row -> row.getLong(0)).get(0);
    String large = "{\"title\": \"" + "x".repeat(2 * 1024 * 1024) + "\"}";
    for (String path : List.of("/v1/tasks", "/v1/tasks/batch")) {
      given().contentType("application/json").body(large).post(path).then().statusCode(413);
      post(path, "{\"a\": ").statusCode(400).contentType("application/problem+json");
      post(path, "\"text\"").statusCode(422);
      post(path, "[".repeat(200) + "]".repeat(200)).statusCode(422);
      given().contentType("text/xml").body("<a/>").post(path).then().statusCode(415);
    }
    for (String kind : List.of("cron", "rrule", "once")) {
      for (String expression :
          List.of("", "rubbish", "* * *", "FREQ=NEVER", "2030-99-01", "0 0 30 2 *", "\\u0000")) {
        post(
                "/v1/tasks",
                """
                {"title": "t", "schedule_kind": "%s", "schedule_expr": "%s", "payload": %s}"""
                    .formatted(kind, expression, PIPELINE))
            .statusCode(422)
            .body("errors.field", hasItem("schedule_expr"));
      }
    }
    for (String field :
        List.of(
            "title",
            "description",
            "schedule_kind",
            "schedule_expr",
            "timezone",
            "payload",
            "priority",
            "max_retries",
            "backoff_strategy",
            "labels",
            "dst_gap")) {
      post(
              "/v1/tasks",
              """
              {"title": "t", "schedule_kind": "once", "schedule_expr": "2030-01-01T00:00:00Z",
               "payload": %s, "%s": [[1e999]]}"""
                  .formatted(PIPELINE, field.equals("title") ? "x" : field))
          .statusCode(oneOf(400, 422));
    }
    for (String value :
        List.of("1e400", "1e-1000", "1e200000", "\"\\u0000\"", "{\"\\u0000\": 1}")) {
      String payload = "{\"pipeline\": [], \"params\": {\"n\": " + value + "}}";
      String body =
          "{\"title\": \"t\", \"schedule_kind\": \"once\", \"schedule_expr\": \"2030-01-01T00:00:00Z\","
              + " \"payload\": "
              + payload
              + "}";
      post("/v1/tasks", body).statusCode(oneOf(400, 422));
      post("/v1/tasks/batch", "{\"tasks\": [" + body + "]}").statusCode(oneOf(200, 400));
    }
    given().get("/v1/tasks").then().statusCode(200);
    given()
        .contentType("application/json")
        .body(large)
        .post("/v1/tasks")
        .then()
        .contentType("application/problem+json");
    given()
        .get(
            "/v1/tasks?cursor=KzI5NDI3Ny0wMS0wMVQwMDowMDowMFogMDE4OTAwMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAw")
        .then()
        .statusCode(422);
    for (String id : List.of("1", "nil", UUID.randomUUID().toString(), "%00")) {
      given().get("/v1/tasks/" + id).then().statusCode(404);
      given().get("/v1/tasks/" + id + "/runs").then().statusCode(404);
      given().get("/v1/runs/" + id).then().statusCode(404);
      patch(id, "{}").statusCode(404);
      given().delete("/v1/tasks/" + id).then().statusCode(404);
      for (String command : List.of("pause", "resume", "cancel", "run_now")) {
        post("/v1/tasks/" + id + "/" + command, "").statusCode(404);
      }
    }
    long after = db.query("SELECT count(*) FROM task", Tuple.tuple(), row -> row.getLong(0)).get(0);
    assertThat(after).isEqualTo(before);
  }
}

package io.ordinaut.tests.components;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.startsWith;

import io.ordinaut.store.Db;
import io.ordinaut.tests.utils.BackendsResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.ValidatableResponse;
import io.vertx.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Single occurrences over REST: to come, past, put off, made up for. */
@QuarkusTest
@Execution(ExecutionMode.SAME_THREAD)
@QuarkusTestResource(BackendsResource.class)
class TimeApiTest {
  @Inject Db db;

  private static ValidatableResponse post(String path, String body) {
    return given().contentType("application/json").body(body).post(path).then();
  }

  private static String create(String kind, String expression, String more) {
    return post(
            "/v1/tasks",
            """
            {"title": "time", "schedule_kind": "%s", "schedule_expr": "%s",
             "payload": {"pipeline": []}%s}"""
                .formatted(kind, expression, more))
        .statusCode(201)
        .extract()
        .path("id");
  }

  private static JsonPath get(String path) {
    return given().get(path).then().statusCode(200).extract().jsonPath();
  }

  private long count(String sql, String id) {
    return db.query(sql, Tuple.of(UUID.fromString(id)), row -> row.getLong(0)).get(0);
  }

  @Test
  void policies_are_stored_and_shown() {
    String id =
        create(
            "cron",
            "0 9 * * *",
            """
            , "overlap": "buffer_one", "catch_up": "all", "catch_up_window_seconds": 3600,
            "jitter_seconds": 60, "starts_at": "2040-01-01T00:00:00Z",
            "ends_at": "2041-01-01T00:00:00Z", "max_runs": 7""");
    given()
        .get("/v1/tasks/" + id)
        .then()
        .body("overlap", equalTo("buffer_one"))
        .body("catch_up", equalTo("all"))
        .body("catch_up_window_seconds", equalTo(3600))
        .body("jitter_seconds", equalTo(60))
        .body("starts_at", equalTo("2040-01-01T00:00:00Z"))
        .body("ends_at", equalTo("2041-01-01T00:00:00Z"))
        .body("max_runs", equalTo(7))
        .body("next_run", equalTo("2040-01-01T09:00:00Z"));
  }

  @Test
  void policies_that_make_no_sense_are_refused_all_at_once() {
    post(
            "/v1/tasks",
            """
            {"title": "bad", "schedule_kind": "once", "schedule_expr": "2030-01-01T00:00:00Z",
             "payload": {"pipeline": [], "when": "x", "condition": {}}, "overlap": "skip",
             "jitter_seconds": 5, "starts_at": "2030-01-02T00:00:00Z",
             "ends_at": "2030-01-01T00:00:00Z", "max_runs": 0}""")
        .statusCode(422)
        .body(
            "errors.field",
            containsInAnyOrder(
                "overlap",
                "jitter_seconds",
                "starts_at",
                "ends_at",
                "ends_at",
                "max_runs",
                "payload.when",
                "payload.condition"));
    post(
            "/v1/tasks",
            """
            {"title": "bad", "schedule_kind": "cron", "schedule_expr": "* * * * *",
             "payload": {"pipeline": []}, "jitter_seconds": 31}""")
        .statusCode(422)
        .body("errors[0].field", equalTo("jitter_seconds"))
        .body("errors[0].message", startsWith("must not be more than half the time"));
    post(
            "/v1/tasks",
            """
            {"title": "bad", "schedule_kind": "cron", "schedule_expr": "0 0 1 1 *",
             "payload": {"pipeline": []}, "starts_at": "2030-02-01T00:00:00Z",
             "ends_at": "2030-12-01T00:00:00Z"}""")
        .statusCode(422)
        .body("errors.message", hasItem("would never fire."));
    post(
            "/v1/tasks",
            """
            {"title": "bad", "schedule_kind": "event", "schedule_expr": "a.#.b",
             "payload": {"pipeline": [], "when": "a < 1"}}""")
        .statusCode(422)
        .body("errors.field", containsInAnyOrder("schedule_expr", "payload.when"));
  }

  @Test
  void what_would_be_ignored_or_never_fire_is_refused_at_creation_and_by_an_edit() {
    String base = "{\"title\": \"bad\", \"schedule_kind\": ";
    String condition =
        base
            + """
            "condition", "schedule_expr": "probe.x", "overlap": "%s", "payload": {"pipeline": [],
             "condition": {"every": "1m", "probe": {"uses": "echo-tool"}}}}""";
    for (String overlap : List.of("skip", "buffer_one", "cancel_running")) {
      post("/v1/tasks", condition.formatted(overlap))
          .statusCode(422)
          .body("errors.field", equalTo(List.of("overlap")));
    }
    post(
            "/v1/tasks",
            base
                + """
                "event", "schedule_expr": "a", "payload": {"pipeline": [], "when": ""}}""")
        .statusCode(422)
        .body("errors.field", equalTo(List.of("payload.when")));
    for (String far : List.of("+999999999-12-31T23:59:59Z", "-5000-01-01T00:00:00Z")) {
      post(
              "/v1/tasks",
              base
                  + """
                  "cron", "schedule_expr": "* * * * *", "payload": {"pipeline": []},
                  "starts_at": "%s"}"""
                      .formatted(far))
          .statusCode(422)
          .body("errors.field", equalTo(List.of("starts_at")));
    }
    String id = create("cron", "* * * * *", "");
    given()
        .contentType("application/json")
        .body("{\"jitter_seconds\": 3600}")
        .patch("/v1/tasks/" + id)
        .then()
        .statusCode(422)
        .body("errors.field", equalTo(List.of("jitter_seconds")));
    post(
            "/v1/tasks/" + id + "/backfill",
            "{\"from\": \"-999999999-01-01T00:00:00+18:00\", \"to\": \"2020-01-01T00:00:00Z\"}")
        .statusCode(422)
        .body("errors.field", hasItem("from"));
  }

  @Test
  void upcoming_lists_what_the_scheduler_will_do() {
    String id =
        create(
            "rrule",
            "DTSTART;TZID=Europe/Berlin:20400325T023000\\nRRULE:FREQ=DAILY;COUNT=3",
            ", \"timezone\": \"Europe/Berlin\"");
    JsonPath upcoming = get("/v1/tasks/" + id + "/upcoming?count=10");
    assertThat(upcoming.getList("run_at"))
        .isEqualTo(List.of("2040-03-25T01:30:00Z", "2040-03-26T00:30:00Z", "2040-03-27T00:30:00Z"));
    assertThat(upcoming.getString("[0].local")).isEqualTo("2040-03-25T03:30+02:00");
    post("/v1/tasks/" + id + "/pause", "").statusCode(200);
    assertThat(get("/v1/tasks/" + id + "/upcoming").getList("")).isEmpty();
    given().get("/v1/tasks/" + id + "/upcoming?count=0").then().statusCode(422);
    given().get("/v1/tasks/" + UUID.randomUUID() + "/upcoming").then().statusCode(404);
  }

  @Test
  void a_run_that_waits_says_until_when_and_why() {
    for (String[] step :
        new String[][] {
          {"delay", "\"uses\": \"delay\", \"with\": {\"seconds\": 60}"},
          {"retry", "\"uses\": \"failing-tool\", \"retry_count\": 2, \"retry_delay_seconds\": 60"}
        }) {
      UUID id = UUID.randomUUID();
      String payload = "{\"pipeline\": [{\"id\": \"s\", " + step[1] + "}]}";
      db.execute(
          "INSERT INTO due_work (id, payload) VALUES ($1, $2::text::jsonb)", Tuple.of(id, payload));
      await().until(() -> step[0].equals(get("/v1/runs/" + id).getString("parked.why")));
      assertThat(Instant.parse(get("/v1/runs/" + id).getString("parked.until")))
          .isAfter(Instant.now());
      assertThat(get("/v1/runs/" + id).getList("steps.kind")).containsExactly("step");
    }
  }

  @Test
  void a_snoozed_occurrence_keeps_its_time_and_the_schedule_goes_on() {
    String id = create("cron", "@every 1h", "");
    String first = get("/v1/tasks/" + id).getString("next_run");
    JsonPath snoozed =
        post("/v1/tasks/" + id + "/snooze", "{\"delay_seconds\": 600, \"reason\": \"later\"}")
            .statusCode(202)
            .extract()
            .jsonPath();
    assertThat(snoozed.getString("run_at")).isEqualTo(first);
    Instant until = Instant.parse(first).plusSeconds(600);
    assertThat(Instant.parse(snoozed.getString("available_at"))).isEqualTo(until);
    String run = "/v1/runs/" + snoozed.getString("work_id");
    await().until(() -> "snoozed: later".equals(get(run).getString("parked.why")));
    assertThat(get(run).getString("status")).isEqualTo("pending");
    assertThat(get(run).getString("run_at")).isEqualTo(first);
    assertThat(Instant.parse(get("/v1/tasks/" + id).getString("next_run")))
        .isEqualTo(Instant.parse(first).plus(1, ChronoUnit.HOURS));
    assertThat(get("/v1/tasks/" + id).getLong("runs_started")).isEqualTo(1);

    // Again: it is still the next occurrence, under the same id.
    JsonPath again =
        post("/v1/tasks/" + id + "/snooze", "{\"delay_seconds\": 60}")
            .statusCode(202)
            .extract()
            .jsonPath();
    assertThat(again.getString("work_id")).isEqualTo(snoozed.getString("work_id"));
    assertThat(again.getString("run_at")).isEqualTo(first);

    // A pause takes it back, and the resumed task owes it again.
    post("/v1/tasks/" + id + "/pause", "").statusCode(200).body("next_run", equalTo(first));
    post("/v1/tasks/" + id + "/resume", "").statusCode(200).body("next_run", equalTo(first));
    assertThat(count("SELECT runs_started FROM task WHERE id = $1", id)).isZero();
  }

  @Test
  void what_can_not_be_snoozed_is_refused() {
    String id = create("once", Instant.now().plusSeconds(3600).toString(), "");
    for (String body :
        new String[] {
          "{}",
          "{\"delay_seconds\": 0}",
          "{\"delay_seconds\": 604801}",
          "{\"delay_seconds\": 5, \"until\": \"2040-01-01T00:00:00Z\"}",
          "{\"until\": \"2001-01-01T00:00:00Z\"}",
          "{\"until\": \"2040-01-01T00:00:00Z\"}",
          "{\"delay_seconds\": 5, \"why\": 1}"
        }) {
      post("/v1/tasks/" + id + "/snooze", body).statusCode(422);
    }
    assertThat(count("SELECT runs_started FROM task WHERE id = $1", id)).isZero();
    post("/v1/tasks/" + id + "/pause", "").statusCode(200);
    post("/v1/tasks/" + id + "/snooze", "{\"delay_seconds\": 5}").statusCode(409);
    String waiting = create("event", "a.b", "");
    post("/v1/tasks/" + waiting + "/snooze", "{\"delay_seconds\": 5}").statusCode(409);
  }

  @Test
  void a_snoozed_one_time_task_runs_and_is_settled() {
    String id = create("once", Instant.now().plusSeconds(3600).toString(), "");
    String work =
        post("/v1/tasks/" + id + "/snooze", "{\"delay_seconds\": 60}")
            .statusCode(202)
            .extract()
            .path("work_id");
    assertThat(get("/v1/tasks/" + id).getString("status")).isEqualTo("active");
    await()
        .until(
            () ->
                db.execute(
                        "UPDATE due_work_open SET available_at = now() WHERE task_id = $1",
                        Tuple.of(UUID.fromString(id)))
                    == 1);
    await().until(() -> "completed".equals(get("/v1/tasks/" + id).getString("status")));
    assertThat(get("/v1/runs/" + work).getString("status")).isEqualTo("success");
    assertThat(get("/v1/tasks/" + id).getLong("runs_started")).isEqualTo(1);
  }

  @Test
  void past_occurrences_are_made_up_for_once() {
    String id = create("cron", "*/10 * * * *", "");
    String stretch = "\"from\": \"2024-01-01T00:00:00Z\", \"to\": \"2024-01-01T01:00:00Z\"";
    post("/v1/tasks/" + id + "/backfill", "{" + stretch + ", \"dry_run\": true}")
        .statusCode(200)
        .body("count", equalTo(7))
        .body("occurrences", hasSize(7));
    assertThat(count("SELECT count(*) FROM task_run WHERE task_id = $1 AND cause = 'backfill'", id))
        .isZero();
    post("/v1/tasks/" + id + "/backfill", "{" + stretch + ", \"limit\": 5}")
        .statusCode(202)
        .body("count", equalTo(5))
        .body("goes_on_at", equalTo("2024-01-01T00:50:00Z"));
    await()
        .until(
            () ->
                count(
                        "SELECT count(*) FROM task_run WHERE task_id = $1 AND cause = 'backfill'"
                            + " AND status = 'success'",
                        id)
                    == 5);
    post("/v1/tasks/" + id + "/backfill", "{" + stretch + "}")
        .statusCode(202)
        .body(
            "occurrences.run_at", equalTo(List.of("2024-01-01T00:50:00Z", "2024-01-01T01:00:00Z")));
    post("/v1/tasks/" + id + "/backfill", "{" + stretch + ", \"force\": true, \"dry_run\": true}")
        .statusCode(200)
        .body("count", equalTo(7));
    post(
            "/v1/tasks/" + id + "/backfill",
            "{\"from\": \"2024-01-02T00:00:00Z\", \"to\": \"2024-01-01T00:00:00Z\", \"limit\": 0,"
                + " \"dry_run\": 1, \"x\": 1}")
        .statusCode(422)
        .body("errors.field", containsInAnyOrder("to", "limit", "dry_run", "x"));
    post(
            "/v1/tasks/" + id + "/backfill",
            "{\"from\": \"2024-01-02T00:00:00Z\", \"to\": \"2040-01-01T00:00:00Z\"}")
        .statusCode(422);
  }

  @Test
  void firings_tell_what_became_of_every_past_occurrence() {
    String id = create("cron", "@every 600s", "");
    db.execute(
        """
        UPDATE task SET next_run = date_trunc('second', now()) - interval '3000 s',
          schedule_anchor = date_trunc('second', now()) - interval '3600 s'
        WHERE id = $1""",
        Tuple.of(UUID.fromString(id)));
    await().until(() -> count("SELECT count(*) FROM task_run WHERE task_id = $1", id) == 2);
    JsonPath firings = get("/v1/tasks/" + id + "/firings");
    assertThat(firings.getList("outcome")).isEqualTo(List.of("fired", "fired", "coalesced"));
    assertThat(firings.getList("run_status", String.class))
        .containsExactly("success", "success", null);
    assertThat(firings.getInt("[2].count")).isEqualTo(4);
    given()
        .get("/v1/tasks/" + id + "/firings?limit=1")
        .then()
        .body("", hasSize(1))
        .header("Link", startsWith("<"));
  }

  /** The cursor was read, and passes what fell into the pause before spans are. */
  @Test
  void what_is_decided_while_firings_are_read_is_told_once() {
    String id = create("cron", "@every 600s", "");
    UUID task = UUID.fromString(id);
    post("/v1/tasks/" + id + "/pause", "").statusCode(200);
    db.execute(
        "UPDATE task SET next_run = now() - interval '3000 s' WHERE id = $1", Tuple.of(task));
    CompletableFuture<JsonPath> firings =
        db.transaction(
            tx -> {
              tx.execute("LOCK TABLE skipped_firing", Tuple.tuple());
              CompletableFuture<JsonPath> asked =
                  CompletableFuture.supplyAsync(() -> get("/v1/tasks/" + id + "/firings"));
              await().until(this::firingsWaitForALock);
              tx.execute(
                  """
                  INSERT INTO skipped_firing (task_id, from_at, to_at, count, reason)
                  SELECT id, next_run, next_run + interval '3000 s', 6, 'paused'
                  FROM task WHERE id = $1""",
                  Tuple.of(task));
              tx.execute(
                  "UPDATE task SET next_run = next_run + interval '3600 s' WHERE id = $1",
                  Tuple.of(task));
              return asked;
            });
    assertThat(firings.join().getList("outcome")).containsExactly("paused");
  }

  private boolean firingsWaitForALock() {
    return db.query(
            """
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'
              AND query LIKE '%AS outcome%'""",
            Tuple.tuple(), row -> row.getLong(0) > 0)
        .get(0);
  }
}

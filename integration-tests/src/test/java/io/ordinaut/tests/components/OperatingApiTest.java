package io.ordinaut.tests.components;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import io.ordinaut.store.Db;
import io.ordinaut.tests.utils.BackendsResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.restassured.response.ValidatableResponse;
import io.vertx.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@QuarkusTest
@Execution(ExecutionMode.SAME_THREAD)
@QuarkusTestResource(BackendsResource.class)
class OperatingApiTest {
  @Inject Db db;

  @AfterEach
  void release() {
    admin("resume-all", "").statusCode(200).body("paused", equalTo(false));
  }

  private static ValidatableResponse admin(String command, String body) {
    return given().contentType("application/json").body(body).post("/v1/admin/" + command).then();
  }

  @Test
  void pausing_everything_twice_is_pausing_it_once() {
    String since =
        admin("pause-all", "{\"reason\": \"upgrade\"}")
            .statusCode(200)
            .body("paused", equalTo(true))
            .body("reason", equalTo("upgrade"))
            .extract()
            .path("since");
    admin("pause-all", "").body("since", equalTo(since)).body("reason", equalTo("upgrade"));
    admin("resume-all", "")
        .body("paused", equalTo(false))
        .body("since", nullValue())
        .body("reason", nullValue());
    admin("resume-all", "").statusCode(200).body("paused", equalTo(false));
  }

  @Test
  void what_is_wrong_with_a_command_is_said() {
    admin("pause-all", "{\"reason\": 7, \"why\": \"x\"}")
        .statusCode(422)
        .body("errors.field", equalTo(List.of("reason", "why")));
    admin("pause-all", "{\"reason\": \"" + "x".repeat(501) + "\"}").statusCode(422);
    admin("pause-all", "{").statusCode(400);
    admin("resume-all", "{\"reason\": \"x\"}").statusCode(422);
    for (String command : List.of("pause-all", "resume-all")) {
      given()
          .contentType("text/plain")
          .body("{}")
          .post("/v1/admin/" + command)
          .then()
          .statusCode(415)
          .contentType("application/problem+json");
    }
    given().post("/v1/admin/resume-all").then().statusCode(200);
    given().get("/v1/stats?deep=true").then().statusCode(422);
    given().get("/v1/workers?limit=201").then().statusCode(422);
    given().get("/v1/workers?cursor=x").then().statusCode(422);
    assertThat(db.query("SELECT FROM brake WHERE pulled_at IS NOT NULL", Tuple.tuple(), r -> r))
        .isEmpty();
  }

  @Test
  void a_task_that_is_run_now_waits_until_everything_goes_on() {
    admin("pause-all", "").statusCode(200);
    String task =
        given()
            .contentType("application/json")
            .body(
                """
                {"title": "waits", "schedule_kind": "once", "schedule_expr": "2090-01-01T00:00:00Z",
                 "payload": {"pipeline": [{"id": "e", "uses": "echo-tool"}]}}""")
            .post("/v1/tasks")
            .then()
            .statusCode(201)
            .extract()
            .path("id");
    String work =
        given()
            .post("/v1/tasks/" + task + "/run_now")
            .then()
            .statusCode(202)
            .extract()
            .path("work_id");
    await()
        .during(Duration.ofMillis(1_500))
        .until(() -> "pending".equals(given().get("/v1/runs/" + work).path("status")));
    OffsetDateTime before =
        db.query("SELECT clock_timestamp()", Tuple.tuple(), r -> r.getOffsetDateTime(0)).get(0);
    admin("resume-all", "");
    assertThat(db.query("SELECT FROM brake WHERE released_at >= $1", Tuple.of(before), r -> r))
        .as("from then on what it held up counts as late")
        .hasSize(1);
    await().until(() -> "success".equals(given().get("/v1/runs/" + work).path("status")));
    String worker = given().get("/v1/runs/" + work).path("worker_id");
    given()
        .queryParam("worker_id", worker)
        .get("/v1/runs")
        .then()
        .statusCode(200)
        .body("id", hasItem(work));
    given().get("/v1/workers").then().body("worker_id", hasItem(worker));
  }

  @Test
  void workers_are_listed_and_who_missed_three_heartbeats_is_silent() {
    insertWorker("silent-one", "16 s", false);
    insertWorker("draining-one", "1 s", true);
    try {
      given()
          .get("/v1/workers")
          .then()
          .statusCode(200)
          .body("find { it.worker_id == 'silent-one' }.state", equalTo("silent"))
          .body("find { it.worker_id == 'draining-one' }.state", equalTo("draining"))
          .body("state", hasItem("active"))
          .body("[0].size()", equalTo(11));
    } finally {
      db.execute("DELETE FROM worker_heartbeat WHERE worker_id LIKE '%-one'", Tuple.tuple());
    }
  }

  @Test
  void workers_are_listed_page_by_page_the_newest_first() {
    // Two of one instant, which only their names tell apart.
    db.execute(
        """
        INSERT INTO worker_heartbeat (worker_id, capacity, running, started_at)
        SELECT 'paged ' || i, 1, 0, now() + greatest(i, 2) * interval '1 h'
        FROM generate_series(1, 5) i""",
        Tuple.tuple());
    try {
      Response page = given().get("/v1/workers?limit=2");
      List<String> seen = new ArrayList<>(page.path("worker_id"));
      while (seen.size() < 5) {
        String link = page.header("Link");
        assertThat(link).endsWith(">; rel=\"next\"");
        page =
            given()
                .urlEncodingEnabled(false)
                .get(link.substring(link.indexOf("/v1/"), link.indexOf('>')));
        seen.addAll(page.path("worker_id"));
      }
      assertThat(seen.subList(0, 5))
          .containsExactly("paged 5", "paged 4", "paged 3", "paged 2", "paged 1");
      given().get("/v1/workers?limit=200").then().header("Link", nullValue());
    } finally {
      db.execute("DELETE FROM worker_heartbeat WHERE worker_id LIKE 'paged %'", Tuple.tuple());
    }
  }

  private void insertWorker(String id, String unseen, boolean draining) {
    db.execute(
        "INSERT INTO worker_heartbeat (worker_id, capacity, running, draining, seen_at)"
            + " VALUES ($1, 1, 0, $2, now() - $3::text::interval)",
        Tuple.of(id, draining, unseen));
  }

  @Test
  void figures_are_counted_again_after_a_few_seconds_and_say_what_is_stuck() {
    given()
        .get("/v1/stats")
        .then()
        .statusCode(200)
        .body("as_of", notNullValue())
        .body("queue_depth.due", greaterThanOrEqualTo(0))
        .body("queue_depth.waiting", greaterThanOrEqualTo(0))
        .body("queue_depth.running", greaterThanOrEqualTo(0))
        .body("oldest_due_seconds", notNullValue())
        .body("scheduler_lag_seconds", notNullValue())
        .body("runs_per_minute", greaterThanOrEqualTo(0))
        .body("signals_waiting", greaterThanOrEqualTo(0))
        .body("events_waiting", greaterThanOrEqualTo(0))
        .body("oldest_snapshot_seconds", notNullValue());
    // What is held is not held up by an earlier pause.
    db.execute("UPDATE brake SET released_at = NULL", Tuple.tuple());
    db.execute(
        """
        INSERT INTO due_work (status, locked_until, run_at, concurrency_key, concurrency_limit,
          created_at)
        VALUES ('running', now() + interval '1 h', now(), 'held', 1, now()),
          ('pending', NULL, now() - interval '2 h', 'held', 1, now() - interval '2 h')""",
        Tuple.tuple());
    try {
      await()
          .untilAsserted(
              () -> {
                given()
                    .get("/v1/stats")
                    .then()
                    .body("workers.active", greaterThanOrEqualTo(1))
                    .body("brake.paused", equalTo(false))
                    .body("stuck.kind", hasItem("key_held"))
                    .body("stuck.advice[0]", containsString("concurrency_limit"));
                given()
                    .get("/health")
                    .then()
                    .statusCode(200)
                    .body("checks.find { it.name == 'work' }.status", equalTo("UP"))
                    .body("checks.find { it.name == 'work' }.data.state", equalTo("degraded"))
                    .body(
                        "checks.find { it.name == 'work' }.data.key_held",
                        containsString("raise concurrency_limit"));
                assertThat(given().get("/metrics").asString())
                    .contains("ordinaut_stuck{kind=\"key_held\"} 1.0");
              });
    } finally {
      db.execute("DELETE FROM due_work_open WHERE concurrency_key = 'held'", Tuple.tuple());
    }
  }

  @Test
  void the_metrics_have_their_names_and_no_label_grows_without_bound() {
    given()
        .contentType("application/json")
        .body(
            """
            {"title": "measured", "schedule_kind": "once", "schedule_expr": "2020-01-01T00:00:00Z",
             "payload": {"pipeline": [{"id": "e", "uses": "echo-tool"},
               {"id": "n", "uses": "no-such-tool-anywhere", "on_error": "continue"}]}}""")
        .post("/v1/tasks")
        .then()
        .statusCode(201);
    await()
        .untilAsserted(
            () ->
                assertThat(given().get("/metrics").asString())
                    .contains(
                        "ordinaut_step_duration_seconds_count{status=\"failed\",tool=\"unknown\"}",
                        "ordinaut_runs_total{status=\"success\"}",
                        "ordinaut_scheduler_lag_seconds",
                        "ordinaut_firings_total{kind=\"once\",outcome=\"fired\"}",
                        "ordinaut_queue_depth{status=\"due\"}",
                        "ordinaut_queue_depth{status=\"waiting\"}",
                        "ordinaut_queue_depth{status=\"running\"}",
                        "ordinaut_oldest_due_seconds",
                        "ordinaut_run_duration_seconds_count",
                        "ordinaut_step_duration_seconds_count{status=\"success\",tool=\"echo-tool\"}",
                        "ordinaut_lease_lost_total",
                        "ordinaut_retries_total",
                        "ordinaut_worker_running",
                        "ordinaut_worker_capacity"));
    assertThat(given().get("/metrics").asString()).doesNotContain("no-such-tool-anywhere");
  }
}

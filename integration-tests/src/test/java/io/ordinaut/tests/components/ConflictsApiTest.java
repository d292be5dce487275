package io.ordinaut.tests.components;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.equalTo;

import io.ordinaut.store.Db;
import io.ordinaut.tests.utils.BackendsResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.ValidatableResponse;
import io.vertx.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What gets in each other's way, over REST; other tests' tasks stand among those looked at. */
@QuarkusTest
@Execution(ExecutionMode.SAME_THREAD)
@QuarkusTestResource(BackendsResource.class)
class ConflictsApiTest {
  @Inject Db db;

  private static ValidatableResponse post(String path, String body) {
    return given().contentType("application/json").body(body).post(path).then();
  }

  private static JsonPath conflicts(String body) {
    return post("/v1/schedules/conflicts", body).statusCode(200).extract().jsonPath();
  }

  /** The application's own worker says every few seconds that it is there. */
  private JsonPath withoutWorkers(String body) {
    return await()
        .until(
            () -> {
              db.execute("DELETE FROM worker_heartbeat", Tuple.tuple());
              return conflicts(body);
            },
            answer -> answer.getBoolean("capacity_assumed"));
  }

  /** A task at a time, under a key, whose runs have taken so many seconds. */
  private String create(String at, String key, int seconds) {
    String id =
        post(
                "/v1/tasks",
                """
                {"title": "meets", "schedule_kind": "once", "schedule_expr": "%s",
                 "payload": {"pipeline": []}}"""
                    .formatted(at))
            .statusCode(201)
            .extract()
            .path("id");
    UUID uuid = UUID.fromString(id);
    db.execute("UPDATE task SET concurrency_key = $2 WHERE id = $1", Tuple.of(uuid, key));
    db.execute(
        """
        INSERT INTO task_run (id, task_id, run_at, status, started_at, finished_at)
        SELECT gen_random_uuid(), $1, now(), 'success', now() - $2 * i * interval '1 second', now()
        FROM generate_series(0, 2) i""",
        Tuple.of(uuid, seconds));
    return id;
  }

  private static Map<String, Object> under(JsonPath answer, String key) {
    return answer.<Map<String, Object>>getList("shared_keys").stream()
        .filter(shared -> shared.get("concurrency_key").equals(key))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void runs_under_one_key_that_are_closer_than_a_run_takes_are_told() {
    String first = create("2047-01-01T09:00:00Z", "printer", 60);
    String second = create("2047-01-01T09:00:20Z", "printer", 5);
    create("2047-01-01T09:01:30Z", "printer", 5);
    create("2047-01-01T09:00:20Z", "scanner", 60);
    JsonPath answer =
        withoutWorkers("{\"from\": \"2047-01-01T09:00:00Z\", \"to\": \"2047-01-01T09:02:00Z\"}");
    Map<String, Object> printer = under(answer, "printer");
    assertThat(printer)
        .containsEntry("tasks", List.of(first, second))
        .containsEntry("count", 1)
        .containsEntry("gap_seconds", 20.0f)
        .containsEntry("typical_run_seconds", 60.0f);
    assertThat(answer.getList("shared_keys.concurrency_key")).doesNotContain("scanner");
    assertThat(answer.getInt("suggestion.offset_seconds")).isEqualTo(40);
    assertThat(answer.getString("suggestion.task_id")).isEqualTo(second);
    assertThat(answer.getString("complete_until")).isEqualTo("2047-01-01T09:02:00Z");

    db.execute(
        "UPDATE task SET concurrency_limit = 2 WHERE concurrency_key = 'printer'", Tuple.tuple());
    assertThat(
            conflicts("{\"from\": \"2047-01-01T09:00:00Z\", \"to\": \"2047-01-01T09:02:00Z\"}")
                .getList("shared_keys.concurrency_key"))
        .doesNotContain("printer");
  }

  @Test
  void a_schedule_that_is_tried_gets_an_offset() {
    String held = create("2047-02-01T09:00:00Z", "oven", 90);
    JsonPath answer =
        conflicts(
            """
            {"from": "2047-02-01T09:00:00Z", "to": "2047-02-01T09:10:00Z",
             "schedule": {"schedule_kind": "cron", "schedule_expr": "0 9 * * *",
                          "concurrency_key": "oven"}}""");
    assertThat(answer.getList("shared_keys.find { it.concurrency_key == 'oven' }.tasks"))
        .containsExactlyInAnyOrder(held, null);
    assertThat(answer.getInt("suggestion.offset_seconds")).isGreaterThanOrEqualTo(120);
    assertThat(answer.getString("suggestion.because")).contains("min later");
  }

  @Test
  void a_minute_with_more_than_workers_can_take_is_told_with_a_jitter_that_helps() {
    for (int i = 0; i < 4; i++) {
      create("2047-03-01T09:00:00Z", null, 1_000);
    }
    String stretch = "{\"from\": \"2047-03-01T09:00:00Z\", \"to\": \"2047-03-01T09:30:00Z\"}";
    JsonPath answer = withoutWorkers(stretch);
    assertThat(answer.getInt("slots")).isEqualTo(32);
    assertThat(answer.getString("busy_minutes[0].minute")).isEqualTo("2047-03-01T09:00:00Z");
    int runs = answer.getInt("busy_minutes[0].runs");
    assertThat(runs).isGreaterThanOrEqualTo(4);
    assertThat(answer.getInt("busy_minutes[0].capacity")).isLessThan(runs);
    assertThat(answer.getInt("suggestion.jitter_seconds")).isBetween(120, 300);

    db.execute(
        "INSERT INTO worker_heartbeat (worker_id, capacity, running) VALUES ('big', 1000, 0)",
        Tuple.tuple());
    JsonPath roomy = conflicts(stretch);
    db.execute("DELETE FROM worker_heartbeat WHERE worker_id = 'big'", Tuple.tuple());
    assertThat(roomy.getInt("slots")).isGreaterThanOrEqualTo(1_000);
    assertThat(roomy.getBoolean("capacity_assumed")).isFalse();
    assertThat(roomy.getList("busy_minutes")).isEmpty();
  }

  @Test
  void where_nothing_meets_nothing_is_suggested() {
    JsonPath answer =
        conflicts(
            """
            {"from": "2047-04-01T09:00:30Z", "to": "2047-04-01T09:00:31Z",
             "schedule": {"schedule_kind": "once", "schedule_expr": "2047-04-01T09:00:30Z",
                          "concurrency_key": "nobody else's"}}""");
    assertThat(answer.getList("shared_keys")).isEmpty();
    assertThat(answer.getList("busy_minutes")).isEmpty();
    assertThat(answer.getString("suggestion")).isNull();
  }

  @Test
  void all_faults_are_named_at_once() {
    post("/v1/schedules/conflicts", "{\"count\": 1}")
        .statusCode(422)
        .body("errors.field", containsInAnyOrder("from", "to", "count"));
    post(
            "/v1/schedules/conflicts",
            """
            {"from": "2047-01-01T00:00:00Z", "to": "2047-03-01T00:00:00Z",
             "schedule": {"schedule_kind": "cron", "schedule_expr": "61 * * * *",
                          "timezone": "Mars/Olympus", "concurrency_key": "", "title": "x"}}""")
        .statusCode(422)
        .body(
            "errors.field",
            containsInAnyOrder(
                "to",
                "schedule.schedule_expr",
                "schedule.timezone",
                "schedule.concurrency_key",
                "schedule.title"));
    post(
            "/v1/schedules/conflicts",
            """
            {"from": "2001-01-01T00:00:00Z", "to": "2001-01-02T00:00:00Z",
             "schedule": {"schedule_kind": "event", "schedule_expr": "order.*"}}""")
        .statusCode(422)
        .body("errors.field", containsInAnyOrder("to", "schedule.schedule_kind"));
    post("/v1/schedules/conflicts", "{\"from\": \"2047-01-01T00:00:00Z\", \"to\": 5}")
        .statusCode(422)
        .body("errors[0].field", equalTo("to"));
    post("/v1/schedules/conflicts", "[]").statusCode(422);
  }
}

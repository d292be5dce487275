package io.ordinaut.tests.components;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.equalTo;

import io.ordinaut.tests.utils.BackendsResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What all tasks will do, over REST; other tests' tasks stand in the same list. */
@QuarkusTest
@Execution(ExecutionMode.SAME_THREAD)
@QuarkusTestResource(BackendsResource.class)
class UpcomingApiTest {
  private static final String DAY = "from=2045-05-01T00:00:00Z&to=2045-05-02T00:00:00Z";

  private static String create(String kind, String expression, String more) {
    return given()
        .contentType("application/json")
        .body(
            """
            {"title": "ahead", "schedule_kind": "%s", "schedule_expr": "%s",
             "payload": {"pipeline": []}%s}"""
                .formatted(kind, expression, more))
        .post("/v1/tasks")
        .then()
        .statusCode(201)
        .extract()
        .path("id");
  }

  private static JsonPath upcoming(String query) {
    return given().get("/v1/upcoming?" + query).then().statusCode(200).extract().jsonPath();
  }

  private static List<Map<String, Object>> entriesOf(JsonPath answer, String id) {
    return answer.<Map<String, Object>>getList("entries").stream()
        .filter(entry -> entry.get("task_id").equals(id))
        .toList();
  }

  @Test
  void sparse_tasks_are_listed_one_by_one_in_order_of_time() {
    String morning = create("cron", "0 7,9 * * *", ", \"timezone\": \"Europe/Berlin\"");
    String noon = create("once", "2045-05-01T06:00:00Z", "");
    String paused = create("once", "2045-05-01T06:00:00Z", "");
    given()
        .contentType("application/json")
        .body("")
        .post("/v1/tasks/" + paused + "/pause")
        .then()
        .statusCode(200);
    JsonPath answer = upcoming(DAY + "&limit=1000");
    assertThat(entriesOf(answer, morning))
        .containsExactly(
            Map.of(
                "task_id", morning,
                "title", "ahead",
                "run_at", "2045-05-01T05:00:00Z",
                "local", "2045-05-01T07:00+02:00"),
            Map.of(
                "task_id", morning,
                "title", "ahead",
                "run_at", "2045-05-01T07:00:00Z",
                "local", "2045-05-01T09:00+02:00"));
    List<String> order = answer.getList("entries.task_id");
    assertThat(order.indexOf(noon)).isBetween(order.indexOf(morning), order.lastIndexOf(morning));
    assertThat(order).doesNotContain(paused);
    assertThat(answer.getString("from")).isEqualTo("2045-05-01T00:00:00Z");
    assertThat(answer.getString("to")).isEqualTo("2045-05-02T00:00:00Z");
    assertThat(answer.getString("complete_until")).isEqualTo("2045-05-02T00:00:00Z");
  }

  @Test
  void a_dense_task_is_one_entry() {
    String often = create("cron", "*/5 9 * * *", "");
    String always = create("cron", "* * * * *", "");
    String hourly = create("cron", "30 * * * *", "");
    String few =
        create("cron", "* * * * *", ", \"max_runs\": 3, \"starts_at\": \"2045-05-01T12:00:00Z\"");
    JsonPath answer = upcoming(DAY + "&limit=1000");
    assertThat(entriesOf(answer, often)).hasSize(12);
    assertThat(entriesOf(answer, hourly)).hasSize(24);
    assertThat(entriesOf(answer, few)).hasSize(3);
    assertThat(entriesOf(answer, always))
        .containsExactly(
            Map.of(
                "task_id", always,
                "title", "ahead",
                "every", "PT1M",
                "count", 1440,
                "first", "2045-05-01T00:00:00Z",
                "last", "2045-05-01T23:59:00Z"));
    JsonPath minutes = upcoming("from=2045-05-01T00:00:00Z&to=2045-05-01T00:10:00Z&limit=1000");
    assertThat(entriesOf(minutes, always).get(0)).containsEntry("count", 10);
    JsonPath month = upcoming("from=2045-05-01T00:00:00Z&to=2045-06-01T00:00:00Z&limit=1");
    assertThat(month.getInt("entries.size()")).isEqualTo(1);
    cancel(always);
    cancel(hourly);
  }

  @Test
  void what_would_take_too_long_to_count_is_at_least_so_much() {
    String seconds = create("cron", "@every 1s", ", \"starts_at\": \"2045-05-01T00:00:00Z\"");
    Map<String, Object> entry = entriesOf(upcoming(DAY + "&limit=1000"), seconds).get(0);
    cancel(seconds);
    assertThat(entry).containsEntry("every", "PT1S").containsKey("count_at_least");
    assertThat((int) entry.get("count_at_least")).isBetween(1_000, 10_000);
    assertThat(entry).doesNotContainKeys("count", "last");
  }

  @Test
  void a_list_that_is_cut_goes_on_where_it_says() {
    String id = create("cron", "0 9 1 * *", ", \"starts_at\": \"2046-01-01T00:00:00Z\"");
    String from = "2046-01-01T08:59:59.5Z";
    int seen = 0;
    for (int page = 0; page < 200 && seen < 3; page++) {
      JsonPath answer = upcoming("from=" + from + "&to=2046-03-02T00:00:00Z&limit=1000");
      assertThat(answer.getInt("entries.size()")).isPositive();
      seen += entriesOf(answer, id).size();
      assertThat(Instant.parse(answer.getString("complete_until"))).isAfter(Instant.parse(from));
      from = answer.getString("complete_until");
      if (from.equals("2046-03-02T00:00:00Z")) {
        break;
      }
    }
    assertThat(seen).isEqualTo(3);
    cancel(id);
  }

  @Test
  void it_begins_now_and_ends_a_day_later_unless_told() {
    String soon = create("once", Instant.now().plus(Duration.ofHours(5)).toString(), "");
    JsonPath answer = upcoming("limit=1000");
    assertThat(entriesOf(answer, soon)).hasSize(1);
    Instant from = Instant.parse(answer.getString("from"));
    assertThat(from).isBetween(Instant.now().minusSeconds(30), Instant.now());
    assertThat(Instant.parse(answer.getString("to"))).isEqualTo(from.plus(Duration.ofDays(1)));
    assertThat(Instant.parse(upcoming("from=2001-01-01T00:00:00Z&limit=1").getString("from")))
        .isAfter(from.minusSeconds(1));
  }

  @Test
  void questions_that_make_no_sense_are_refused() {
    given()
        .get("/v1/upcoming?from=then&to=2001&limit=1001&count=1")
        .then()
        .statusCode(422)
        .body("errors.field", containsInAnyOrder("from", "to", "limit", "count"));
    for (String to : List.of("2001-01-01T00:00:00Z", "2099-01-01T00:00:00Z")) {
      given()
          .get("/v1/upcoming?to=" + to)
          .then()
          .statusCode(422)
          .body("errors[0].field", equalTo("to"));
    }
    given().get("/v1/tasks/" + UUID.randomUUID() + "/upcoming").then().statusCode(404);
  }

  private static void cancel(String id) {
    given()
        .contentType("application/json")
        .body("")
        .post("/v1/tasks/" + id + "/cancel")
        .then()
        .statusCode(200);
  }
}

package io.ordinaut.tests.workflows;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.startsWith;

import io.ordinaut.tests.utils.BackendsResource;
import io.ordinaut.tests.utils.BestOfThree;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@QuarkusTest
@Execution(ExecutionMode.SAME_THREAD)
@QuarkusTestResource(BackendsResource.class)
class TaskLifecycleTest {
  private static Response post(String body) {
    return given().contentType("application/json").body(body).post("/v1/tasks");
  }

  private static JsonPath task(String id) {
    return given().get("/v1/tasks/" + id).then().statusCode(200).extract().jsonPath();
  }

  private static JsonPath runs(String id) {
    return given().get("/v1/tasks/" + id + "/runs").then().statusCode(200).extract().jsonPath();
  }

  private static void awaitStatus(String id, String status) {
    await().atMost(Duration.ofSeconds(30)).until(() -> status.equals(task(id).getString("status")));
  }

  @Test
  void a_task_lives_from_creation_to_completion() throws Exception {
    // The first request takes longer than others.
    given().get("/v1/tasks").then().statusCode(200);
    Duration soon = Duration.ofSeconds(2);
    assertThat(BestOfThree.of(soon, TaskLifecycleTest::lateness)).isLessThanOrEqualTo(soon);
  }

  /** A life of a task; how long after its time it was begun. */
  private static Duration lateness() {
    String due =
        LocalDateTime.now(ZoneOffset.UTC).plusSeconds(5).truncatedTo(ChronoUnit.MICROS).toString();
    JsonPath scheduled =
        post("""
                {"title": "Integration Test Task",
                 "description": "End-to-end workflow test",
                 "schedule_kind": "once",
                 "schedule_expr": "%s",
                 "payload": {"pipeline": [
                   {"id": "test_step", "uses": "echo-tool",
                    "with": {"message": "Hello Integration"}, "save_as": "echo_result"}]}}"""
                .formatted(due))
            .then()
            .statusCode(201)
            .header("Location", containsString("/v1/tasks/"))
            .extract()
            .jsonPath();
    String id = scheduled.getString("id");
    assertThat(scheduled.getString("status")).isEqualTo("active");
    assertThat(Instant.parse(scheduled.getString("next_run"))).isEqualTo(Instant.parse(due + "Z"));

    awaitStatus(id, "completed");
    JsonPath runs = runs(id);
    assertThat(runs.getList("$")).hasSize(1);
    assertThat(runs.getString("[0].status")).isEqualTo("success");
    assertThat(runs.getString("[0].finished_at")).isNotNull();
    assertThat(runs.getString("[0].outputs.echo_result.message")).isEqualTo("Hello Integration");
    Instant runAt = Instant.parse(runs.getString("[0].run_at"));
    assertThat(runAt).isEqualTo(Instant.parse(due + "Z"));
    Instant startedAt = Instant.parse(runs.getString("[0].started_at"));
    assertThat(startedAt).isAfterOrEqualTo(runAt);
    return Duration.between(runAt, startedAt);
  }

  @Test
  void steps_hand_values_on_and_conditions_choose() {
    String id =
        post("""
                {"title": "values", "schedule_kind": "once", "schedule_expr": "2020-01-01T00:00:00Z",
                 "payload": {"params": {"city": "Chisinau", "limit": 3}, "pipeline": [
                   {"id": "first", "uses": "echo-tool", "save_as": "a",
                    "with": {"n": "${params.limit}", "text": "in ${params.city}: $${params}"}},
                   {"id": "no", "uses": "echo-tool", "if": "steps.a.n > `3`", "save_as": "b"},
                   {"id": "yes", "uses": "echo-tool", "if": "${steps.first.n == `3`}", "save_as": "c",
                    "with": {"all": "${steps.a}", "again": "${steps.a.text}",
                             "missing": "${steps.b.x || 'none'}"}}]}}""")
            .then()
            .statusCode(201)
            .extract()
            .path("id");
    awaitStatus(id, "completed");
    JsonPath outputs = runs(id);
    assertThat(outputs.getInt("[0].outputs.a.n")).isEqualTo(3);
    assertThat(outputs.getString("[0].outputs.a.text")).isEqualTo("in Chisinau: ${params}");
    assertThat(outputs.getString("[0].outputs.b")).isNull();
    assertThat(outputs.getInt("[0].outputs.c.all.n")).isEqualTo(3);
    assertThat(outputs.getString("[0].outputs.c.again"))
        .as("what a template yields is not evaluated again")
        .isEqualTo("in Chisinau: ${params}");
    assertThat(outputs.getString("[0].outputs.c.missing")).isEqualTo("none");
  }

  @Test
  void a_task_whose_run_fails_is_failed_and_says_why() {
    String id =
        post("""
                {"title": "fails", "schedule_kind": "once", "schedule_expr": "2020-01-01T00:00:00",
                 "payload": {"pipeline": [
                   {"id": "f", "uses": "failing-tool", "retry_count": 2,
                    "with": {"message": "no luck"}}]}}""")
            .then()
            .statusCode(201)
            .extract()
            .path("id");
    awaitStatus(id, "failed");
    assertThat(runs(id).getString("[0].error_message"))
        .isEqualTo("Max retries exhausted. Step f: no luck");
    assertThat(task(id).getString("status_reason")).contains("no luck");
  }

  @Test
  void every_fault_of_a_task_is_named_in_one_answer() {
    post("""
            {"title": "", "schedule_kind": "once", "schedule_expr": "tomorrow", "colour": "red",
             "timezone": "Mars/Olympus", "priority": 10,
             "payload": {"pipeline": [
               {"id": "a", "with": {"x": "${broken"}}, {"id": "a", "uses": "echo-tool", "if": "b > 3"}]}}""")
        .then()
        .statusCode(422)
        .contentType("application/problem+json")
        .header("X-Request-Id", notNullValue())
        .body("status", equalTo(422))
        .body(
            "errors.field",
            hasItems(
                "title",
                "timezone",
                "priority",
                "colour",
                "payload.pipeline",
                "payload.pipeline[0].uses",
                "payload.pipeline[0].with.x",
                "payload.pipeline[1].if"))
        .body("errors.message", hasItem(startsWith("is not a JMESPath expression: numbers stand")));
  }

  @Test
  void bad_requests_get_clear_answers() {
    post("{\"title\": ").then().statusCode(400).contentType("application/problem+json");
    post("").then().statusCode(400);
    post("[1, 2]").then().statusCode(422).body("errors.field", hasItem("body"));
    post("{\"a\": ".repeat(70) + "1" + "}".repeat(70)).then().statusCode(422);
    post("""
            {"title": "t", "schedule_kind": "once", "schedule_expr": "whenever",
             "payload": {"pipeline": []}}""")
        .then()
        .statusCode(422)
        .body("errors.field", equalTo(List.of("schedule_expr")));
    given().contentType("text/plain").body("x").post("/v1/tasks").then().statusCode(415);
    given().get("/v1/tasks/nonsense").then().statusCode(404).body("status", equalTo(404));
    given().get("/v1/tasks/01890000-0000-7000-8000-000000000000").then().statusCode(404);
    given().get("/v1/nothing").then().statusCode(404).contentType("application/problem+json");
    given()
        .header("X-Request-Id", "mine-1")
        .get("/v1/tasks/nonsense")
        .then()
        .header("X-Request-Id", "mine-1")
        .body("request_id", equalTo("mine-1"));
  }

  @Test
  void the_short_paths_answer() {
    given().get("/health/live").then().statusCode(200).body("status", equalTo("UP"));
    given().get("/health/ready").then().statusCode(200).body("checks.name", hasItem("ordinaut"));
    given().get("/health").then().statusCode(200);
    given().get("/metrics").then().statusCode(200);
    given().get("/openapi").then().statusCode(200);
    given().redirects().follow(false).get("/docs").then().statusCode(302);
    given().get("/docs").then().statusCode(200);
  }
}

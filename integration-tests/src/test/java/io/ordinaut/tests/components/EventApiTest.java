package io.ordinaut.tests.components;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.equalTo;
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
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@QuarkusTest
@Execution(ExecutionMode.SAME_THREAD)
@QuarkusTestResource(BackendsResource.class)
class EventApiTest {
  @Inject Db db;

  private static ValidatableResponse post(String body) {
    return given().contentType("application/json").body(body).post("/v1/events").then();
  }

  private static String publish(String body) {
    return post(body).statusCode(202).extract().path("event_id");
  }

  private long count(String sql, Object... arguments) {
    return db.query(sql, Tuple.wrap(arguments), row -> row.getLong(0)).get(0);
  }

  private static String listen(String pattern, String steps) {
    return given()
        .contentType("application/json")
        .body(
            """
            {"title": "listens", "schedule_kind": "event", "schedule_expr": "%s",
             "payload": {"pipeline": [%s]}}"""
                .formatted(pattern, steps))
        .post("/v1/tasks")
        .then()
        .statusCode(201)
        .body("status", equalTo("active"))
        .body("next_run", nullValue())
        .extract()
        .path("id");
  }

  private static String mark() {
    return "t" + UUID.randomUUID().toString().substring(0, 8);
  }

  @Test
  void an_event_is_stored_shown_and_starts_the_tasks_that_listen() {
    String topic = mark() + ".created";
    String task =
        listen(
            topic,
            """
            {"id": "e", "uses": "echo-tool", "with": {"n": "${event.payload.n}"}, "save_as": "e"}""");
    Response answer =
        given()
            .contentType("application/json")
            .body("{\"topic\": \"" + topic + "\", \"payload\": {\"n\": 7}, \"source\": \"shop\"}")
            .post("/v1/events");
    answer.then().statusCode(202).body("size()", equalTo(1));
    String id = answer.path("event_id");
    assertThat(answer.header("Location")).endsWith("/v1/events/" + id);
    given()
        .get("/v1/events/" + id)
        .then()
        .statusCode(200)
        .body("size()", equalTo(7))
        .body("id", equalTo(id))
        .body("topic", equalTo(topic))
        .body("source", equalTo("shop"))
        .body("payload.n", equalTo(7))
        .body("occurred_at", endsWith("Z"))
        .body("depth", equalTo(0));
    await()
        .until(
            () ->
                given()
                    .get("/v1/runs?status=success&task_id=" + task)
                    .path("outputs.e.n")
                    .equals(List.of(7)));
    given().get("/v1/events/" + id).then().body("position", notNullValue());
    given().get("/v1/runs?task_id=" + task).then().body("cause", equalTo(List.of("event")));
  }

  @Test
  void every_fault_of_an_event_is_named_in_one_answer() {
    post("{\"topic\": \"a b\", \"payload\": [], \"source\": 1, \"dedupe_id\": \"\", \"odd\": 1}")
        .statusCode(422)
        .contentType("application/problem+json")
        .body("errors.field", containsInAnyOrder("topic", "payload", "source", "dedupe_id", "odd"));
    for (String topic : List.of("\"\"", "7", "\"a.*\"", "\"" + "x".repeat(101) + "\"", "null")) {
      post("{\"topic\": " + topic + "}")
          .statusCode(422)
          .body("errors.field", equalTo(List.of("topic")));
    }
    String large = "x".repeat(201);
    post("{\"topic\": \"a\", \"source\": \"" + large + "\", \"dedupe_id\": \"" + large + "\"}")
        .statusCode(422)
        .body("errors.field", containsInAnyOrder("source", "dedupe_id"));
    post("{\"topic\": \"a\", \"payload\": {\"x\": \"\\u0000\", \"y\": 1e400}}")
        .statusCode(422)
        .body("errors.field", containsInAnyOrder("payload.x", "payload.y"));
    post("[]").statusCode(422).body("errors.field", hasItem("body"));
    post("{\"topic\": ").statusCode(400);
    post("").statusCode(400);
    post("{\"topic\": \"a\", \"payload\": {\"x\": \"" + "x".repeat(1_100_000) + "\"}}")
        .statusCode(413);
    given().contentType("text/plain").body("x").post("/v1/events").then().statusCode(415);
    assertThat(count("SELECT count(*) FROM event WHERE topic IN ('a', 'a b')")).isZero();
  }

  @Test
  void a_dedupe_id_counts_once_in_seven_days() {
    String topic = mark();
    String body = "{\"topic\": \"" + topic + "\", \"dedupe_id\": \"" + topic + "\"}";
    String first = publish(body);
    post(body)
        .statusCode(202)
        .header("Location", endsWith("/v1/events/" + first))
        .body("event_id", equalTo(first));
    assertThat(count("SELECT count(*) FROM event WHERE topic = $1", topic)).isEqualTo(1);

    age(topic, "6 days 23 hours");
    assertThat(publish(body)).isEqualTo(first);
    age(topic, "7 days 1 second");
    String second = publish(body);
    assertThat(second).isNotEqualTo(first);
    assertThat(publish(body)).as("the row was taken over").isEqualTo(second);
    assertThat(count("SELECT count(*) FROM event WHERE topic = $1", topic)).isEqualTo(2);
    assertThat(publish("{\"topic\": \"" + topic + "\"}")).isNotIn(first, second);
  }

  private void age(String dedupeId, String age) {
    db.execute(
        "UPDATE event_dedupe SET created_at = now() - ($2::text)::interval WHERE dedupe_id = $1",
        Tuple.of(dedupeId, age));
  }

  @Test
  void twenty_at_once_with_one_dedupe_id_are_one_event() {
    String topic = mark();
    String body = "{\"topic\": \"" + topic + "\", \"dedupe_id\": \"" + topic + "\"}";
    for (int round = 0; round < 2; round++) {
      ExecutorService threads = Executors.newFixedThreadPool(20);
      try {
        List<CompletableFuture<String>> answers =
            IntStream.range(0, 20)
                .mapToObj(i -> CompletableFuture.supplyAsync(() -> publish(body), threads))
                .toList();
        assertThat(answers.stream().map(CompletableFuture::join).distinct()).hasSize(1);
      } finally {
        threads.shutdownNow();
      }
      assertThat(count("SELECT count(*) FROM event WHERE topic = $1", topic)).isEqualTo(round + 1);
      age(topic, "8 days");
    }
  }

  @Test
  void events_are_paged_by_keyset_and_filtered() {
    String mark = mark();
    List<String> made = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      made.add(
          0,
          publish("{\"topic\": \"%s.%d.x\", \"source\": \"%s\"}".formatted(mark, i, mark + i % 2)));
    }
    List<String> seen = new ArrayList<>();
    String next = "/v1/events?limit=3&topic=" + mark + ".%23";
    while (next != null) {
      Response page = given().urlEncodingEnabled(false).get(next);
      page.then().statusCode(200);
      seen.addAll(page.jsonPath().getList("id"));
      String link = page.header("Link");
      next = link == null ? null : link.substring(link.indexOf("/v1/"), link.indexOf('>'));
    }
    assertThat(seen).isEqualTo(made);
    assertFound("topic", mark + ".3.x", List.of(made.get(3)));
    assertFound("topic", mark + ".*.x", made);
    assertFound("topic", mark + ".*", List.of());
    assertFound("topic", mark + ".3", List.of());
    assertFound("source", mark + "1", List.of(made.get(1), made.get(3), made.get(5)));
    String third = given().get("/v1/events/" + made.get(2)).path("occurred_at");
    given()
        .queryParam("topic", mark + ".#")
        .queryParam("occurred_after", third)
        .get("/v1/events")
        .then()
        .body("id", equalTo(made.subList(0, 2)));
    given()
        .queryParam("topic", mark + ".#")
        .queryParam("occurred_before", third)
        .get("/v1/events")
        .then()
        .body("id", equalTo(made.subList(3, 7)));
    for (String bad :
        List.of(
            "limit=0", "cursor=x", "topic=a%20b", "topic=", "occurred_after=soon", "colour=red")) {
      given()
          .urlEncodingEnabled(false)
          .get("/v1/events?" + bad)
          .then()
          .statusCode(422)
          .body("errors.field", hasItem(bad.substring(0, bad.indexOf('='))));
    }
  }

  private static void assertFound(String name, String value, List<String> ids) {
    given()
        .queryParam(name, value)
        .get("/v1/events")
        .then()
        .statusCode(200)
        .body("id", equalTo(ids));
  }

  @Test
  void a_large_payload_is_left_out_of_lists_only() {
    String topic = mark();
    String id =
        publish(
            "{\"topic\": \"" + topic + "\", \"payload\": {\"x\": \"" + "x".repeat(70_000) + "\"}}");
    given().get("/v1/events?topic=" + topic).then().body("payload", equalTo(nulls(1)));
    given().get("/v1/events/" + id).then().body("payload.x.length()", equalTo(70_000));
  }

  private static List<Object> nulls(int count) {
    List<Object> nulls = new ArrayList<>();
    IntStream.range(0, count).forEach(i -> nulls.add(null));
    return nulls;
  }

  @Test
  void topics_are_listed_with_their_listeners() {
    String mark = mark();
    listen(mark + ".#", "");
    String paused = listen(mark + ".#", "");
    String canceled = listen(mark + ".#", "");
    listen(mark, "");
    given().post("/v1/tasks/" + paused + "/pause").then().statusCode(200);
    given().post("/v1/tasks/" + canceled + "/cancel").then().statusCode(200);
    given()
        .get("/v1/events/topics")
        .then()
        .statusCode(200)
        .body("find { it.topic == '" + mark + ".#' }.listeners", equalTo(2))
        .body("find { it.topic == '" + mark + "' }.listeners", equalTo(1));
    given().get("/v1/events/topics?limit=3").then().statusCode(422);
  }

  @Test
  void what_is_not_there_is_not_found() {
    for (String id :
        List.of("1", UUID.randomUUID().toString(), "01890000-0000-7000-8000-000000000000")) {
      given().get("/v1/events/" + id).then().statusCode(404).body("status", equalTo(404));
    }
  }

  @Test
  void the_partition_of_an_event_is_made_when_it_is_missing() {
    dropPartition();
    String id = publish("{\"topic\": \"partition\", \"dedupe_id\": \"" + mark() + "\"}");
    given().get("/v1/events/" + id).then().statusCode(200);
    dropPartition();
    given().get("/v1/events/" + publish("{\"topic\": \"partition\"}")).then().statusCode(200);
  }

  /** That of this week. */
  private void dropPartition() {
    String partition =
        db.query(
                "SELECT 'event_' || to_char(date_trunc('week', now() AT TIME ZONE 'UTC'), 'YYYYMMDD')",
                Tuple.tuple(),
                row -> row.getString(0))
            .get(0);
    db.execute("DROP TABLE " + partition, Tuple.tuple());
  }

  @Test
  void resuming_a_task_that_listens_does_not_complete_it() {
    String task = listen(mark(), "");
    given().post("/v1/tasks/" + task + "/pause").then().body("status", equalTo("paused"));
    given()
        .post("/v1/tasks/" + task + "/resume")
        .then()
        .statusCode(200)
        .body("status", equalTo("active"));
    given().delete("/v1/tasks/" + task).then().body("status", equalTo("canceled"));
  }
}

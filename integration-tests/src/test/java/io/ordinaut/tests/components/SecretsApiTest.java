package io.ordinaut.tests.components;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.not;

import io.ordinaut.secret.Sealed;
import io.ordinaut.secret.SecretBox;
import io.ordinaut.store.Db;
import io.ordinaut.tests.utils.BackendsResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.restassured.response.ValidatableResponse;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.ConfigProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@QuarkusTest
@Execution(ExecutionMode.SAME_THREAD)
@QuarkusTestResource(BackendsResource.class)
class SecretsApiTest {
  @Inject Db db;

  private static ValidatableResponse put(String name, String value) {
    return given()
        .contentType("application/json")
        .body("{\"value\": \"" + value + "\"}")
        .put("/v1/secrets/" + name)
        .then();
  }

  private static String name(String what) {
    return what + "_" + UUID.randomUUID().toString().replace("-", "");
  }

  private static Response call(String with) {
    return given()
        .contentType("application/json")
        .body(
            """
            {"title": "uses a secret", "schedule_kind": "once", "schedule_expr": "2020-01-01T00:00:00Z",
             "max_retries": 0, "payload": {"pipeline": [{"id": "e", "uses": "echo-tool", "save_as": "e",
             "with": %s}]}}"""
                .formatted(with))
        .post("/v1/tasks");
  }

  private static Response endOf(Response task) {
    String id = task.then().statusCode(201).extract().path("id");
    return await()
        .pollInterval(50, TimeUnit.MILLISECONDS)
        .until(
            () -> given().get("/v1/tasks/" + id + "/runs"),
            runs -> runs.jsonPath().getList("finished_at").stream().anyMatch(o -> o != null));
  }

  @Test
  void a_secret_is_stored_locked_and_never_shown() {
    String name = name("TOKEN");
    put(name, "sesame-sesame")
        .statusCode(201)
        .header("Location", endsWith("/v1/secrets/" + name))
        .body("name", equalTo(name))
        .body("key_id", equalTo("tests"))
        .body("size()", equalTo(4))
        .body(not(containsString("sesame")));
    put(name, "open-sesame").statusCode(200).body(not(containsString("sesame")));
    Response shown = given().get("/v1/secrets/" + name);
    shown.then().statusCode(200).body("size()", equalTo(4)).body(not(containsString("sesame")));
    assertThat(shown.<String>path("created_at")).isLessThan(shown.path("updated_at"));
    Buffer stored =
        db.query(
                "SELECT ciphertext FROM secret WHERE name = $1",
                Tuple.of(name),
                r -> r.getBuffer(0))
            .get(0);
    assertThat(stored.toString()).doesNotContain("sesame");

    given().delete("/v1/secrets/" + name).then().statusCode(204);
    given().delete("/v1/secrets/" + name).then().statusCode(404);
    given().get("/v1/secrets/" + name).then().statusCode(404);
  }

  @Test
  void secrets_are_listed_by_name_in_pages() {
    String prefix = name("LIST");
    List<String> made = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      made.add(prefix + i);
      put(prefix + i, "sesame-sesame").statusCode(201);
    }
    List<String> seen = new ArrayList<>();
    String next = "/v1/secrets?limit=2";
    while (next != null) {
      Response page = given().urlEncodingEnabled(false).get(next);
      page.then().statusCode(200).body(not(containsString("sesame")));
      seen.addAll(page.jsonPath().getList("name"));
      String link = page.header("Link");
      next = link == null ? null : link.substring(link.indexOf("/v1/"), link.indexOf('>'));
    }
    assertThat(seen).containsSubsequence(made).doesNotHaveDuplicates();
    given().get("/v1/secrets?limit=0").then().statusCode(422);
    given().get("/v1/secrets?cursor=%2B").then().statusCode(422);
    given().get("/v1/secrets?q=x").then().statusCode(422);
  }

  @Test
  void a_secret_that_can_not_be_is_refused_without_being_repeated() {
    put("1ST", "sesame-sesame").statusCode(422).body("errors[0].field", equalTo("name"));
    put("a.b", "sesame-sesame").statusCode(422).body(not(containsString("sesame")));
    put("BLANK", "            ").statusCode(422).body("errors[0].field", equalTo("value"));
    put("SHORT", "sesame!").statusCode(422).body("errors[0].field", equalTo("value"));
    given()
        .contentType("application/json")
        .body("{\"value\": sesame-sesame}")
        .put("/v1/secrets/BAD")
        .then()
        .statusCode(400)
        .body(not(containsString("sesame")));
    given().body("x").contentType("text/plain").put("/v1/secrets/BAD").then().statusCode(415);
    given().get("/v1/secrets/BAD").then().statusCode(404);
    given().get("/v1/secrets/a.b").then().statusCode(404);
    given().delete("/v1/secrets/a.b").then().statusCode(404);
  }

  @Test
  void a_step_reads_a_secret_and_nobody_sees_it() {
    String name = name("SEEN");
    put(name, "sesame-sesame").statusCode(201);
    Response runs = endOf(call("{\"m\": \"Bearer ${secrets." + name + "}\"}"));
    runs.then()
        .body("status", equalTo(List.of("success")))
        .body("outputs.e.m", equalTo(List.of("Bearer ***")));
    put(name, "another-sesame").statusCode(200);
    await()
        .until(
            () ->
                db.query(
                            "SELECT count(*) FROM secret WHERE name = $1 AND updated_at < now()",
                            Tuple.of(name),
                            row -> row.getLong(0))
                        .get(0)
                    == 1);
  }

  private void store(String name, Sealed sealed) {
    db.execute(
        "INSERT INTO secret (name, key_id, nonce, ciphertext) VALUES ($1, $2, $3, $4)",
        Tuple.of(
            name,
            sealed.keyId(),
            Buffer.buffer(sealed.nonce()),
            Buffer.buffer(sealed.ciphertext())));
  }

  private Sealed stored(String name) {
    return db.query(
            "SELECT key_id, nonce, ciphertext FROM secret WHERE name = $1",
            Tuple.of(name),
            row ->
                new Sealed(
                    row.getString("key_id"),
                    row.getBuffer("nonce").getBytes(),
                    row.getBuffer("ciphertext").getBytes()))
        .get(0);
  }

  @Test
  void after_the_key_was_changed_old_secrets_open_and_new_ones_are_locked_with_the_new_key() {
    String[] keys =
        ConfigProvider.getConfig().getValue("ordinaut.secret.key", String.class).split(",");
    SecureRandom random = new SecureRandom();
    String name = name("ROTATED");
    store(name, new SecretBox(keys[1], random).seal(name, "sesame-sesame"));
    given().get("/v1/secrets/" + name).then().body("key_id", equalTo("retired"));
    endOf(call("{\"is\": \"${secrets." + name + " == 'sesame-sesame'}\"}"))
        .then()
        .body("outputs.e.is", equalTo(List.of(true)));

    put(name, "another-sesame").statusCode(200).body("key_id", equalTo("tests"));
    assertThat(new SecretBox(keys[0], random).open(name, stored(name))).isEqualTo("another-sesame");
    await()
        .until(
            () ->
                endOf(call("{\"is\": \"${secrets." + name + " == 'another-sesame'}\"}"))
                    .jsonPath()
                    .getList("outputs.e.is")
                    .contains(true));
  }

  @Test
  void what_a_secret_was_stays_masked_in_runs_that_waited_while_it_changed() {
    String name = name("CHANGED");
    put(name, "sesame-sesame").statusCode(201);
    Response task =
        given()
            .contentType("application/json")
            .body(
                """
                {"title": "waits", "schedule_kind": "once", "schedule_expr": "2020-01-01T00:00:00Z",
                 "payload": {"params": {"held": "a tool still says sesame-sesame"}, "pipeline": [
                   {"id": "give", "uses": "echo-tool", "with": {"it": "${secrets.%s}"}},
                   {"id": "wait", "uses": "delay", "with": {"seconds": 3600}},
                   {"id": "e", "uses": "echo-tool", "save_as": "e", "with": {"held": "${params.held}"}}]}}"""
                    .formatted(name))
            .post("/v1/tasks");
    String id = task.then().statusCode(201).extract().path("id");
    await()
        .until(
            () ->
                db.execute(
                        "UPDATE due_work_open SET available_at = now() + interval '2 hours'"
                            + " WHERE task_id = $1::text::uuid AND status = 'pending'"
                            + " AND available_at > now() + interval '30 minutes'",
                        Tuple.of(id))
                    == 1);
    put(name, "between-the-two").statusCode(200);
    put(name, "another-sesame").statusCode(200);
    db.execute(
        "UPDATE due_work_open SET available_at = now() WHERE task_id = $1::text::uuid",
        Tuple.of(id));
    endOf(task).then().body("outputs.e.held", equalTo(List.of("a tool still says ***")));

    assertThat(past(name)).isEqualTo(2);
    given().delete("/v1/secrets/" + name).then().statusCode(204);
    assertThat(past(name)).isEqualTo(3);
    db.execute(
        "UPDATE secret_past SET replaced_at = now() - interval '1 year' WHERE name = $1",
        Tuple.of(name));
    put(name("OTHER"), "sesame-sesame").statusCode(201);
    assertThat(past(name)).as("nobody could have it any more").isZero();
  }

  @Test
  void a_clock_that_was_ahead_forgets_no_old_value_too_early() {
    String name = name("AHEAD");
    put(name, "sesame-sesame").statusCode(201);
    put(name, "another-sesame").statusCode(200);
    db.execute(
        "UPDATE secret_past SET replaced_at = now() - interval '2 days' WHERE name = $1",
        Tuple.of(name));
    db.execute(
        """
        INSERT INTO history_horizon (history, kept_from, kept_for)
        VALUES ('due_work_done', now() + interval '60 days', interval '7 days')
        ON CONFLICT (history) DO UPDATE SET kept_from = excluded.kept_from""",
        Tuple.tuple());
    try {
      put(name("OTHER"), "sesame-sesame").statusCode(201);
      assertThat(past(name)).isEqualTo(1);
    } finally {
      db.execute("DELETE FROM history_horizon", Tuple.tuple());
    }
  }

  private long past(String name) {
    return db.query(
            "SELECT count(*) FROM secret_past WHERE name = $1",
            Tuple.of(name),
            row -> row.getLong(0))
        .get(0);
  }

  @Test
  void a_secret_that_is_gone_or_does_not_open_fails_the_step_with_a_sentence() {
    String gone = name("GONE");
    endOf(call("{\"m\": \"${secrets." + gone + "}\"}"))
        .then()
        .body("error_code", equalTo(List.of("template_error")))
        .body("error_message[0]", containsString("There is no secret named " + gone));

    String locked = name("LOCKED");
    SecureRandom random = new SecureRandom();
    Sealed sealed =
        new SecretBox(SecretBox.newKey("lost", random), random).seal(locked, "sesame-sesame");
    store(locked, sealed);
    endOf(call("{\"m\": \"${secrets." + locked + "}\"}"))
        .then()
        .body("error_code", equalTo(List.of("template_error")))
        .body("error_message[0]", containsString("locked with the key lost"));
  }
}

package io.ordinaut.tests.workflows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ordinaut.tests.utils.Harness;
import io.ordinaut.tests.utils.Ledger;
import io.ordinaut.worker.loop.Worker;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;

/** Runs that are to end before they are done. */
abstract class StopBench {
  /** The step's list is made of a value that only the log has. */
  static final String BRINGS =
      """
      {"id": "a", "uses": "act", "save_as": "a", "with": {"list": [1, 2]}},
      {"id": "none", "uses": "act", "save_as": "none", "if": "`false`"},
      {"id": "l", "uses": "act", "foreach": "steps.a.input.list", "save_as": "l"},
      {"id": "half", "uses": "act", "foreach": "steps.l", "save_as": "half", "retry_count": 2,
       "retry_delay_seconds": 600, "with": {"fails": "${index}"}}""";

  @AutoClose final Harness db = new Harness();
  final Ledger ledger = new Ledger();

  Worker worker(String id, String capacity) {
    return db.worker(
        id, Map.of("capacity", capacity, "outbound-allow", "127.0.0.1"), Map.of("act", ledger));
  }

  UUID work(String steps) {
    return work(steps, new JsonObject());
  }

  UUID work(String steps, JsonObject settings) {
    UUID id = UUID.randomUUID();
    JsonObject payload =
        new JsonObject()
            .put("pipeline", new JsonArray("[" + steps + "]"))
            .put("settings", settings);
    db.execute("INSERT INTO due_work (id, payload) VALUES ($1, $2)", id, payload);
    return id;
  }

  Row run(UUID id) {
    return db.query("SELECT * FROM task_run WHERE id = $1", id).get(0);
  }

  boolean hasEnded(UUID id) {
    return db.count("SELECT count(*) FROM task_run WHERE id = $1", id) == 1;
  }

  void awaitEnd(Worker worker, UUID id) {
    await()
        .pollInterval(Duration.ofMillis(50))
        .atMost(Duration.ofSeconds(20))
        .until(
            () -> {
              worker.turn();
              worker.watch();
              return hasEnded(id);
            });
  }

  void assertEnded(UUID id, String status, String code) {
    assertThat(run(id).getString("status")).isEqualTo(status);
    assertThat(run(id).getString("error_code")).isEqualTo(code);
    assertThat(db.work(id).getString("status"))
        .isEqualTo(status.equals("timed_out") ? "failed" : status);
  }

  void assertBrought(UUID id) {
    JsonObject outputs = run(id).getJsonObject("outputs");
    assertThat(outputs.getJsonObject("a").getString("receipt")).isEqualTo(id + ":a");
    assertThat(outputs.getJsonArray("l")).hasSize(2);
    assertThat(outputs.fieldNames()).containsExactlyInAnyOrder("a", "none", "l");
    assertThat(outputs.getValue("none")).isNull();
  }
}

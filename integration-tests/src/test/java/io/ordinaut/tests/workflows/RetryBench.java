package io.ordinaut.tests.workflows;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ordinaut.api.run.RetryMode;
import io.ordinaut.api.run.RetryMode.Payload;
import io.ordinaut.api.run.RunCommands;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.tests.utils.Ledger;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.loop.Worker;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;

/** Runs that fail under their keys, and what tries them again. */
abstract class RetryBench {
  static final RetryMode FROM_FAILED = new RetryMode(false, Payload.ORIGINAL);
  static final RetryMode ORIGINAL = new RetryMode(true, Payload.ORIGINAL);
  static final RetryMode CURRENT = new RetryMode(true, Payload.CURRENT);

  /** The step b fails once under each key before it succeeds. */
  static final String CHAIN =
      """
      {"id": "a", "uses": "act", "with": {"at": "${now}", "run": "${run.id}"}},
      {"id": "b", "uses": "act", "retry_count": 1,
       "with": {"fails": %d, "at": "${now}", "n": "${params.n}", "run": "${run.id}"}},
      {"id": "c", "uses": "act", "with": {"of": "${steps.a.receipt}"}}""";

  @AutoClose final Harness db = new Harness();
  final Ledger ledger = new Ledger();
  final Worker worker = db.worker("w", Map.of(), Map.of("act", ledger));
  final RunCommands commands = new RunCommands(db.db(), db.nudges());

  UUID work(String steps) {
    UUID id = UUID.randomUUID();
    JsonObject payload = new JsonObject().put("pipeline", new JsonArray("[" + steps + "]"));
    db.execute(
        "INSERT INTO due_work (id, payload, trigger_data) VALUES ($1, $2, '{\"params\": {\"n\": 7}}')",
        id,
        payload);
    return id;
  }

  String end(UUID id) {
    db.tick().once();
    for (Lease lease : worker.lease(50).leases()) {
      worker.execute(lease);
    }
    return run(id).getString("status");
  }

  Row run(UUID id) {
    return db.query("SELECT * FROM task_run WHERE id = $1", id).get(0);
  }

  void assertRefused(UUID id, RetryMode mode, String why) {
    assertThatThrownBy(() -> commands.retry(id, mode)).hasMessageContaining(why);
  }

  UUID look(UUID task, int failures) {
    UUID id = UUID.randomUUID();
    JsonObject payload =
        new JsonObject(
            """
            {"condition": {"every": "1m", "probe": {"uses": "act", "with": {"v": 1, "fails": %d}}},
             "settings": {"condition": "probe.input.v > `0`"},
             "pipeline": [{"id": "a", "uses": "act", "retry_count": 1,
               "with": {"v": "${event.probe.input.v}", "fails": 1}}]}"""
                .formatted(failures));
    db.execute(
        "INSERT INTO due_work (id, task_id, cause, payload) VALUES ($1, $2, 'condition', $3)",
        id,
        task,
        payload);
    return id;
  }
}

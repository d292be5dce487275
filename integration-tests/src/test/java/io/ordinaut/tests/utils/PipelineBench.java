package io.ordinaut.tests.utils;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.json.Json;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.loop.Worker;
import io.ordinaut.worker.run.RunOutcome;
import io.ordinaut.worker.tool.Tool;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** A worker that nobody turns, and a ledger that steps use as the tool {@code act}. */
public final class PipelineBench implements AutoCloseable {
  private final Ledger ledger = new Ledger();
  private final Harness db = new Harness();
  private Worker worker = worker("worker", ledger);

  /** The ledger. */
  public Ledger ledger() {
    return ledger;
  }

  /** The database. */
  public Harness db() {
    return db;
  }

  /** Lets another tool be {@code act}. */
  public Worker actingBy(Tool act) {
    worker = worker("worker", act);
    return worker;
  }

  /** A further worker. */
  public Worker worker(String id, Tool act) {
    return db.worker(id, Map.of(), Map.of("act", act));
  }

  /** Work that is not retried. */
  public UUID work(String pipeline) {
    return work(pipeline, 0);
  }

  /** Work that is retried at once, so many times. */
  public UUID work(String pipeline, int maxRetries) {
    UUID id = UUID.randomUUID();
    JsonObject settings =
        new JsonObject().put("max_retries", maxRetries).put("backoff_base_seconds", 0.001);
    db.execute(
        "INSERT INTO due_work (id, payload) VALUES ($1, $2)",
        id,
        new JsonObject("{\"pipeline\": " + pipeline + "}").put("settings", settings));
    return id;
  }

  /** Runs what is due until its next pause. */
  public RunOutcome turn() {
    List<Lease> leases = worker.lease(1).leases();
    return leases.isEmpty() ? new RunOutcome.Lost() : worker.execute(leases.get(0));
  }

  /** The run of a piece of work, once it has ended. */
  public Row executed(UUID id) {
    await()
        .until(
            () -> {
              turn();
              return db.count("SELECT count(*) FROM task_run WHERE id = $1", id) == 1;
            });
    return db.query("SELECT * FROM task_run WHERE id = $1", id).get(0);
  }

  /** What was tried, in the order in which it was written. */
  public List<String> log(UUID id) {
    return db
        .query(
            """
            SELECT kind || ' ' || step_id || coalesce('[' || item || ']', '') || ' ' || status
            FROM run_log WHERE run_id = $1 ORDER BY created_at""",
            id)
        .stream()
        .map(row -> row.getString(0))
        .toList();
  }

  /** What a run has saved. */
  public static JsonNode outputs(Row run) {
    return Json.read(run.getJsonObject("outputs").encode());
  }

  /** Lets the first lease be lost, as if its worker had died; whether it was the first. */
  public boolean loses(UUID id) {
    return db.execute(
            """
            UPDATE due_work_open
            SET locked_until = now() - interval '1 s', lease_token = gen_random_uuid()
            WHERE id = $1 AND lost_leases = 0 AND locked_until > now()""",
            id)
        == 1;
  }

  @Override
  public void close() {
    db.close();
  }
}

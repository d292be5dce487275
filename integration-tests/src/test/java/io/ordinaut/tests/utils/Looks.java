package io.ordinaut.tests.utils;

import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.loop.Worker;
import io.ordinaut.worker.run.RunOutcome;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import java.util.List;
import java.util.UUID;

/** Tasks of the kind condition and the looks at them, each taken by hand. */
public final class Looks {
  /** A run starts with the first true look. */
  public static final String RISING = "rising";

  /** A run starts with each true look. */
  public static final String LEVEL = "level";

  private final Harness db;
  private final Worker worker;

  /** Looks that the given worker takes. */
  public Looks(Harness db, Worker worker) {
    this.db = db;
    this.worker = worker;
  }

  /** A step of a pipeline. */
  public static JsonObject step(String id, String uses, JsonObject with) {
    return new JsonObject().put("id", id).put("uses", uses).put("with", with);
  }

  private static JsonArray sayingWhatWasSeen() {
    return new JsonArray()
        .add(
            step("say", "echo-tool", new JsonObject().put("saw", "${event.probe.value}"))
                .put("save_as", "said"));
  }

  /** A task that tells what it saw when {@code params.value} is true. */
  public UUID watch(String edge, int cooldownSeconds) {
    return watch(edge, cooldownSeconds, "echo-tool", sayingWhatWasSeen());
  }

  /** A task whose probe echoes {@code params.value}, and fires when that is true. */
  public UUID watch(String edge, int cooldownSeconds, String tool, JsonArray pipeline) {
    UUID id = Fixtures.createTask(db, "watch", 3_600_000, pipeline);
    JsonObject probe =
        new JsonObject()
            .put("uses", tool)
            .put("with", new JsonObject().put("value", "${params.value}"));
    JsonObject condition =
        new JsonObject()
            .put("every", "1h")
            .put("probe", probe)
            .put("edge", edge)
            .put("cooldown_seconds", cooldownSeconds);
    db.execute(
        "UPDATE task SET schedule_kind = 'condition', schedule_expr = 'probe.value',"
            + " payload = payload || $2 WHERE id = $1",
        id,
        new JsonObject().put("condition", condition).put("params", new JsonObject()));
    return id;
  }

  /** Leases a look that is due now and will find the given value. */
  public Lease due(UUID task, Object value) {
    db.execute(
        "UPDATE task SET next_run = clock_timestamp(),"
            + " payload = jsonb_set(payload, '{params}', $2) WHERE id = $1",
        task,
        new JsonObject().put("value", value));
    assertThat(db.tick().once()).isEqualTo(1);
    List<Lease> leases = worker.lease(1).leases();
    assertThat(leases).hasSize(1);
    return leases.get(0);
  }

  /** Takes a look that will find the given value. */
  public RunOutcome look(UUID task, Object value) {
    return worker.execute(due(task, value));
  }

  /** The row of a task. */
  public Row task(UUID id) {
    return db.query("SELECT * FROM task WHERE id = $1", id).get(0);
  }

  /** What is remembered of a condition. */
  public Row state(UUID task) {
    return db.query("SELECT * FROM condition_state WHERE task_id = $1", task).get(0);
  }

  /** Lets a lease run out. */
  public void loseLeaseOf(UUID work) {
    db.execute("UPDATE due_work SET locked_until = now() - interval '1 s' WHERE id = $1", work);
  }
}

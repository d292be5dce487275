package io.ordinaut.tests.scenarios;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ordinaut.tests.utils.Fixtures;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.loop.Worker;
import io.ordinaut.worker.run.RunOutcome;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class ErrorRecoveryTest {
  @AutoClose private final Harness db = new Harness();
  private final Worker worker = db.worker("recovering");

  /** Runs a task until its run is final. */
  private Row executeTask(UUID taskId) {
    db.tick().once();
    await()
        .until(
            () -> {
              worker.lease(10).leases().forEach(worker::execute);
              return db.count("SELECT count(*) FROM task_run WHERE task_id = $1", taskId) == 1;
            });
    return db.query("SELECT * FROM task_run WHERE task_id = $1", taskId).get(0);
  }

  private static JsonObject step(String id, String uses) {
    return new JsonObject().put("id", id).put("uses", uses);
  }

  @Test
  void a_failing_step_is_tried_as_often_as_it_asks() {
    UUID taskId =
        Fixtures.createTask(
            db,
            "fails",
            0,
            new JsonArray()
                .add(step("fail_step", "failing-tool").put("retry_count", 3))
                .add(
                    step("success_step", "echo-tool")
                        .put("with", new JsonObject().put("message", "success"))));

    Row run = executeTask(taskId);

    List<Row> log =
        db.query("SELECT * FROM run_log WHERE task_id = $1 ORDER BY created_at", taskId);
    assertThat(log).allMatch(row -> row.getString("step_id").equals("fail_step"));
    assertThat(log.stream().map(row -> row.getInteger("attempt"))).containsExactly(1, 2, 3);
    assertThat(run.getString("status")).isEqualTo("failed");
    assertThat(run.getString("error_message")).startsWith("Max retries exhausted");
    assertThat(db.query("SELECT status FROM task WHERE id = $1", taskId).get(0).getString(0))
        .isEqualTo("failed");
  }

  @Test
  void a_step_without_retry_count_is_retried_by_the_run() {
    UUID taskId =
        Fixtures.createTask(
            db,
            "retried",
            0,
            new JsonArray().add(step("first", "echo-tool")).add(step("second", "failing-tool")));
    db.execute(
        "UPDATE task SET max_retries = 2, backoff_base_seconds = 0.05 WHERE id = $1", taskId);

    Row run = executeTask(taskId);

    assertThat(run.getInteger("attempt")).isEqualTo(3);
    assertThat(run.getString("error_message")).startsWith("Max retries exhausted");
    assertThat(
            db.count(
                "SELECT count(*) FROM run_log WHERE step_id = 'first' AND task_id = $1", taskId))
        .as("a finished step is not run again")
        .isEqualTo(1);
    assertThat(
            db.count(
                "SELECT count(*) FROM run_log WHERE step_id = 'second' AND task_id = $1", taskId))
        .isEqualTo(3);
  }

  @Test
  void a_waiting_retry_holds_no_lease() {
    UUID taskId =
        Fixtures.createTask(db, "parked", 0, new JsonArray().add(step("only", "failing-tool")));
    db.tick().once();
    Lease lease = worker.lease(1).leases().get(0);
    assertThat(worker.execute(lease)).isInstanceOf(RunOutcome.Parked.class);
    Row parked = db.work(lease.id());
    assertThat(parked.getString("status")).isEqualTo("pending");
    assertThat(parked.getInteger("attempt")).isEqualTo(2);
    assertThat(parked.getUUID("lease_token")).isNull();
    assertThat(parked.getOffsetDateTime("started_at")).isNotNull();
    assertThat(parked.getOffsetDateTime("available_at"))
        .isAfter(parked.getOffsetDateTime("run_at"));
    assertThat(db.count("SELECT count(*) FROM task WHERE id = $1 AND status = 'active'", taskId))
        .isEqualTo(1);
  }

  @Test
  void an_unknown_tool_is_not_retried() {
    UUID taskId = Fixtures.createTask(db, "unknown", 0, new JsonArray().add(step("x", "no-such")));
    Row run = executeTask(taskId);
    assertThat(run.getString("error_code")).isEqualTo("unknown_tool");
    assertThat(run.getInteger("attempt")).isEqualTo(1);
  }

  @Test
  void a_payload_that_can_not_be_read_fails_its_run() {
    UUID taskId =
        Fixtures.createTask(db, "broken", 0, new JsonArray().add(new JsonObject().put("id", 7)));
    assertThat(executeTask(taskId).getString("error_code")).isEqualTo("template_error");
  }

  @Test
  void settings_that_can_not_be_read_fail_their_run_at_once() {
    UUID work = UUID.randomUUID();
    db.execute("INSERT INTO due_work (id, payload) VALUES ($1, $2)", work, new JsonObject());
    db.execute(
        "UPDATE due_work SET payload = '{\"pipeline\": [], \"settings\": {\"backoff_strategy\": \"odd\"}}' WHERE id = $1",
        work);
    worker.lease(1).leases().forEach(worker::execute);
    assertThat(db.query("SELECT error_message FROM task_run").get(0).getString(0))
        .startsWith("The payload can't be run");
  }

  @Test
  void a_step_that_takes_all_steps_ends_like_any_other() {
    UUID taskId =
        Fixtures.createTask(
            db,
            "all",
            0,
            new JsonArray()
                .add(step("a", "echo-tool").put("with", new JsonObject().put("m", 1)))
                .add(step("b", "echo-tool").put("with", new JsonObject().put("all", "${steps}"))));
    assertThat(executeTask(taskId).getString("status")).isEqualTo("success");
  }

  @Test
  void a_message_with_a_nul_is_cleaned_and_its_step_not_repeated() {
    UUID taskId =
        Fixtures.createTask(
            db,
            "nul",
            0,
            new JsonArray()
                .add(
                    step("f", "failing-tool")
                        .put("with", new JsonObject().put("message", "${`\"a\\u0000b\"`}"))));
    db.tick().once();
    assertThat(worker.execute(worker.lease(1).leases().get(0)))
        .isInstanceOf(RunOutcome.Parked.class);
    assertThat(db.query("SELECT error FROM run_log WHERE task_id = $1", taskId).get(0).getString(0))
        .isEqualTo("a\uFFFDb");
  }

  @Test
  void work_that_was_canceled_before_its_claim_runs_no_step() {
    UUID taskId =
        Fixtures.createTask(db, "late", 0, new JsonArray().add(step("f", "failing-tool")));
    db.tick().once();
    db.execute("UPDATE due_work SET cancel_requested = true WHERE task_id = $1", taskId);
    assertThat(executeTask(taskId).getString("status")).isEqualTo("canceled");
    assertThat(db.count("SELECT count(*) FROM run_log")).isZero();
  }

  @Test
  void a_finishing_worker_waits_for_nobody_whose_result_is_refused() {
    UUID task = Fixtures.createTestTask(db, "batch", 600_000);
    for (int i = 0; i < 20; i++) {
      Fixtures.createWorkItem(db, task, true);
    }
    List<Lease> leases = worker.lease(20).leases();
    db.execute(
        "UPDATE due_work SET lease_token = gen_random_uuid() WHERE id = $1", leases.get(3).id());
    long lost =
        leases.stream().map(worker::execute).filter(RunOutcome.Lost.class::isInstance).count();
    assertThat(lost).isEqualTo(1);
    assertThat(db.count("SELECT count(*) FROM task_run")).isEqualTo(19);
  }
}

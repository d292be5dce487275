package io.ordinaut.tests.workflows;

import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.api.task.TaskCommands;
import io.ordinaut.json.Json;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.tests.utils.Ledger;
import io.ordinaut.tests.utils.Looks;
import io.ordinaut.work.RunStatus;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.loop.Worker;
import io.ordinaut.worker.run.RunOutcome;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Conditions, from a look to the run that it starts or does not start. */
class ConditionFlowTest {
  @AutoClose private final Harness db = new Harness();
  private final Worker worker = db.worker("looks");
  private final Looks looks = new Looks(db, worker);

  private List<Boolean> fired(UUID task, Object... values) {
    return List.of(values).stream()
        .map(value -> looks.look(task, value) instanceof RunOutcome.Ended)
        .toList();
  }

  private long runs() {
    return db.count("SELECT count(*) FROM task_run");
  }

  @Test
  void a_look_that_is_not_true_leaves_no_run() {
    UUID task = looks.watch(Looks.RISING, 0);
    Lease lease = looks.due(task, false);
    assertThat(worker.execute(lease)).isInstanceOf(RunOutcome.NotTriggered.class);
    Row work = db.query("SELECT * FROM due_work_done WHERE id = $1", lease.id()).get(0);
    assertThat(work.getString("status")).isEqualTo("completed");
    assertThat(work.getString("cause")).isEqualTo("condition");
    assertThat(runs()).isZero();
    assertThat(db.count("SELECT count(*) FROM run_log")).isZero();
    assertThat(looks.state(task).getBoolean("was_true")).isFalse();
    assertThat(looks.state(task).getOffsetDateTime("fired_at")).isNull();
    assertThat(looks.task(task).getLong("runs_started")).isZero();
    assertThat(looks.task(task).getString("status")).isEqualTo("active");
  }

  @Test
  void a_rising_edge_fires_once_per_rise() {
    UUID task = looks.watch(Looks.RISING, 0);
    assertThat(fired(task, true, true, false, true, true))
        .containsExactly(true, false, false, true, false);
    assertThat(runs()).isEqualTo(2);
    assertThat(looks.task(task).getLong("runs_started")).isEqualTo(2);
    assertThat(looks.state(task).getBoolean("was_true")).isTrue();
  }

  @Test
  void an_edited_condition_forgets_its_state_and_a_renamed_one_does_not() {
    UUID task = looks.watch(Looks.RISING, 0);
    TaskCommands commands = new TaskCommands(db.db(), db.nudges());
    assertThat(fired(task, true)).containsExactly(true);
    commands.edit(task, Json.read("{\"title\": \"renamed\"}"), null);
    assertThat(fired(task, true)).containsExactly(false);
    commands.edit(task, Json.read("{\"schedule_expr\": \"!(!(probe.value))\"}"), null);
    assertThat(db.count("SELECT count(*) FROM condition_state")).isZero();
    assertThat(fired(task, true))
        .as("the first true look of another condition")
        .containsExactly(true);
  }

  @Test
  void a_level_fires_each_time() {
    UUID task = looks.watch(Looks.LEVEL, 0);
    assertThat(fired(task, true, true, false, true)).containsExactly(true, true, false, true);
    assertThat(looks.task(task).getLong("runs_started")).isEqualTo(3);
  }

  @Test
  void within_its_cooldown_a_condition_starts_nothing() {
    UUID task = looks.watch(Looks.LEVEL, 60);
    assertThat(fired(task, true, true)).containsExactly(true, false);
    db.execute("UPDATE condition_state SET fired_at = fired_at - interval '61 s'");
    assertThat(fired(task, true, true)).containsExactly(true, false);
  }

  @Test
  void the_pipeline_sees_what_the_probe_brought() {
    UUID task = looks.watch(Looks.RISING, 0);
    looks.look(task, 21.5);
    Row run = db.query("SELECT * FROM task_run").get(0);
    assertThat(run.getString("status")).isEqualTo("success");
    assertThat(run.getString("cause")).isEqualTo("condition");
    assertThat(run.getJsonObject("outputs").getJsonObject("said").getDouble("saw")).isEqualTo(21.5);
    Row probe = db.query("SELECT * FROM run_log WHERE kind = 'probe'").get(0);
    assertThat(probe.getUUID("run_id")).isEqualTo(run.getUUID("id"));
    assertThat(probe.getJsonObject("output").getDouble("value")).isEqualTo(21.5);
  }

  @Test
  void a_probe_shares_its_key_with_no_step() {
    Ledger ledger = new Ledger();
    Worker noting = db.worker("notes", Map.of(), Map.of("shop.order", ledger));
    Looks asks = new Looks(db, noting);
    UUID task =
        asks.watch(
            Looks.RISING,
            0,
            "shop.order",
            new JsonArray().add(Looks.step("probe", "shop.order", new JsonObject())));
    db.execute("UPDATE task SET schedule_expr = 'probe.input.value' WHERE id = $1", task);
    asks.look(task, true);
    UUID run = db.query("SELECT id FROM task_run").get(0).getUUID("id");
    assertThat(ledger.entries())
        .extracting(Ledger.Entry::key)
        .containsExactly(run + "::probe", run + ":probe");
  }

  @Test
  void a_condition_sees_its_task_and_the_time() {
    UUID task = looks.watch(Looks.LEVEL, 0);
    db.execute(
        "UPDATE task SET schedule_expr = 'task.title == ''watch'' && starts_with(now, ''2'')"
            + " && probe.value == `7`' WHERE id = $1",
        task);
    assertThat(fired(task, 6, 7)).containsExactly(false, true);
  }

  @Test
  void a_probe_that_fails_ends_failed_with_its_run_and_is_not_tried_again() {
    UUID task = looks.watch(Looks.RISING, 0, "failing-tool", new JsonArray());
    Lease lease = looks.due(task, true);
    worker.execute(lease);
    Row run = db.query("SELECT * FROM task_run").get(0);
    assertThat(run.getString("status")).isEqualTo("failed");
    assertThat(run.getString("error_code")).isEqualTo("tool_error");
    assertThat(run.getString("error_message")).startsWith("Probe: ");
    assertThat(db.work(lease.id()).getString("status")).isEqualTo("failed");
    assertThat(db.query("SELECT kind FROM run_log"))
        .singleElement()
        .satisfies(row -> assertThat(row.getString("kind")).isEqualTo("probe"));
    assertThat(db.count("SELECT count(*) FROM condition_state")).isZero();
    assertThat(looks.task(task).getString("status")).isEqualTo("active");
    assertThat(looks.task(task).getLong("runs_started")).isZero();
  }

  @Test
  void a_condition_that_can_not_be_decided_fails_its_run_and_leaves_the_state() {
    UUID task = looks.watch(Looks.RISING, 0);
    looks.look(task, true);
    db.execute("UPDATE task SET schedule_expr = 'abs(probe.value)' WHERE id = $1", task);
    assertThat(looks.look(task, "text"))
        .isInstanceOfSatisfying(
            RunOutcome.Ended.class,
            end -> {
              assertThat(end.code()).hasToString("CONDITION_ERROR");
              assertThat(end.message()).startsWith("Probe: ");
            });
    assertThat(looks.state(task).getBoolean("was_true")).isTrue();
  }

  @Test
  void a_probe_that_can_not_be_read_fails_its_run_with_a_sentence() {
    UUID task = looks.watch(Looks.RISING, 0);
    Lease lease = looks.due(task, true);
    db.execute(
        "UPDATE due_work SET payload = payload #- '{condition,probe,uses}',"
            + " locked_until = now() - interval '1 s' WHERE id = $1",
        lease.id());
    Worker next = db.worker("next");
    next.execute(next.lease(1).leases().get(0));
    assertThat(db.query("SELECT error_message FROM task_run").get(0).getString(0))
        .isEqualTo("payload.condition.probe.uses is required.");
  }

  @Test
  void the_last_look_settles_its_task_though_it_leaves_no_run() {
    UUID task = looks.watch(Looks.RISING, 0);
    db.execute("UPDATE task SET ends_at = now() + interval '1 min' WHERE id = $1", task);
    assertThat(looks.look(task, false)).isInstanceOf(RunOutcome.NotTriggered.class);
    assertThat(looks.task(task).getString("status")).isEqualTo("completed");
    assertThat(looks.task(task).getOffsetDateTime("next_run")).isNull();
    assertThat(runs()).isZero();
  }

  @Test
  void canceling_the_task_ends_its_look() {
    UUID task = looks.watch(Looks.RISING, 0);
    Lease lease = looks.due(task, true);
    new TaskCommands(db.db(), db.nudges()).cancel(task);
    looks.loseLeaseOf(lease.id());
    Worker next = db.worker("next");
    assertThat(next.execute(next.lease(1).leases().get(0)))
        .isInstanceOfSatisfying(
            RunOutcome.Ended.class, end -> assertThat(end.status()).isEqualTo(RunStatus.CANCELED));
    assertThat(db.count("SELECT count(*) FROM due_work_open")).isZero();
    assertThat(db.count("SELECT count(*) FROM condition_state")).isZero();
  }

  @Test
  void a_run_that_somebody_asks_for_does_not_look() {
    UUID task = looks.watch(Looks.RISING, 0);
    new TaskCommands(db.db(), db.nudges()).runNow(task, null);
    db.tick().once();
    worker.lease(1).leases().forEach(worker::execute);
    assertThat(runs()).isEqualTo(1);
    assertThat(db.count("SELECT count(*) FROM condition_state")).isZero();
  }

  @Test
  void pausing_takes_looks_back_that_were_never_counted_as_runs() {
    UUID task = looks.watch(Looks.LEVEL, 0);
    looks.look(task, true);
    db.execute("UPDATE task SET next_run = now() + interval '1500 ms' WHERE id = $1", task);
    assertThat(db.tick().once()).isEqualTo(1);
    new TaskCommands(db.db(), db.nudges()).pause(task);
    assertThat(db.count("SELECT count(*) FROM due_work_open")).isZero();
    assertThat(looks.task(task).getLong("runs_started")).isEqualTo(1);
  }
}

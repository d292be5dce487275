package io.ordinaut.tests.workflows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ordinaut.api.task.TaskCommands;
import io.ordinaut.tests.utils.Fixtures;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.work.RunStatus;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.lease.LeaseTable;
import io.ordinaut.worker.loop.Worker;
import io.ordinaut.worker.run.RunOutcome;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ConditionFlowTest {
  private static final String RISING = "rising";
  private static final String LEVEL = "level";

  private Harness db;
  private Worker worker;

  @BeforeEach
  void open() {
    db = new Harness();
    worker = db.worker("looks");
  }

  @AfterEach
  void close() throws Exception {
    db.close();
  }

  private static JsonObject step(String id, String uses, JsonObject with) {
    return new JsonObject().put("id", id).put("uses", uses).put("with", with);
  }

  private static JsonArray sayingWhatWasSeen() {
    return new JsonArray()
        .add(
            step("say", "echo-tool", new JsonObject().put("saw", "${event.probe.value}"))
                .put("save_as", "said"));
  }

  private UUID watch(String edge, int cooldownSeconds) {
    return watch(edge, cooldownSeconds, "echo-tool", sayingWhatWasSeen());
  }

  /** A task whose probe echoes {@code params.value}, and fires when that is true. */
  private UUID watch(String edge, int cooldownSeconds, String tool, JsonArray pipeline) {
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
  private Lease due(UUID task, Object value) {
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

  private RunOutcome look(UUID task, Object value) {
    return worker.execute(due(task, value));
  }

  private List<Boolean> fired(UUID task, Object... values) {
    return List.of(values).stream()
        .map(value -> look(task, value) instanceof RunOutcome.Ended)
        .toList();
  }

  private long runs() {
    return db.count("SELECT count(*) FROM task_run");
  }

  private Row task(UUID id) {
    return db.query("SELECT * FROM task WHERE id = $1", id).get(0);
  }

  private Row state(UUID task) {
    return db.query("SELECT * FROM condition_state WHERE task_id = $1", task).get(0);
  }

  private void loseLeaseOf(UUID work) {
    db.execute("UPDATE due_work SET locked_until = now() - interval '1 s' WHERE id = $1", work);
  }

  @Test
  void a_look_that_is_not_true_leaves_no_run() {
    UUID task = watch(RISING, 0);
    Lease lease = due(task, false);
    assertThat(worker.execute(lease)).isInstanceOf(RunOutcome.NotTriggered.class);
    Row work = db.query("SELECT * FROM due_work_done WHERE id = $1", lease.id()).get(0);
    assertThat(work.getString("status")).isEqualTo("completed");
    assertThat(work.getString("cause")).isEqualTo("condition");
    assertThat(runs()).isZero();
    assertThat(db.count("SELECT count(*) FROM run_log")).isZero();
    assertThat(state(task).getBoolean("was_true")).isFalse();
    assertThat(state(task).getOffsetDateTime("fired_at")).isNull();
    assertThat(task(task).getLong("runs_started")).isZero();
    assertThat(task(task).getString("status")).isEqualTo("active");
  }

  @Test
  void a_rising_edge_fires_once_per_rise() {
    UUID task = watch(RISING, 0);
    assertThat(fired(task, true, true, false, true, true))
        .containsExactly(true, false, false, true, false);
    assertThat(runs()).isEqualTo(2);
    assertThat(task(task).getLong("runs_started")).isEqualTo(2);
    assertThat(state(task).getBoolean("was_true")).isTrue();
  }

  @Test
  void a_level_fires_each_time() {
    UUID task = watch(LEVEL, 0);
    assertThat(fired(task, true, true, false, true)).containsExactly(true, true, false, true);
    assertThat(task(task).getLong("runs_started")).isEqualTo(3);
  }

  @Test
  void within_its_cooldown_a_condition_starts_nothing() {
    UUID task = watch(LEVEL, 60);
    assertThat(fired(task, true, true)).containsExactly(true, false);
    db.execute("UPDATE condition_state SET fired_at = fired_at - interval '61 s'");
    assertThat(fired(task, true, true)).containsExactly(true, false);
  }

  @Test
  void the_pipeline_sees_what_the_probe_brought() {
    UUID task = watch(RISING, 0);
    look(task, 21.5);
    Row run = db.query("SELECT * FROM task_run").get(0);
    assertThat(run.getString("status")).isEqualTo("success");
    assertThat(run.getString("cause")).isEqualTo("condition");
    assertThat(run.getJsonObject("outputs").getJsonObject("said").getDouble("saw")).isEqualTo(21.5);
    Row probe = db.query("SELECT * FROM run_log WHERE kind = 'probe'").get(0);
    assertThat(probe.getUUID("run_id")).isEqualTo(run.getUUID("id"));
    assertThat(probe.getJsonObject("output").getDouble("value")).isEqualTo(21.5);
  }

  @Test
  void a_condition_sees_its_task_and_the_time() {
    UUID task = watch(LEVEL, 0);
    db.execute(
        "UPDATE task SET schedule_expr = 'task.title == ''watch'' && starts_with(now, ''2'')"
            + " && probe.value == `7`' WHERE id = $1",
        task);
    assertThat(fired(task, 6, 7)).containsExactly(false, true);
  }

  @Test
  void a_probe_that_fails_ends_failed_with_its_run_and_is_not_tried_again() {
    UUID task = watch(RISING, 0, "failing-tool", new JsonArray());
    Lease lease = due(task, true);
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
    assertThat(task(task).getString("status")).isEqualTo("active");
    assertThat(task(task).getLong("runs_started")).isZero();
  }

  @Test
  void a_condition_that_can_not_be_decided_fails_its_run_and_leaves_the_state() {
    UUID task = watch(RISING, 0);
    look(task, true);
    db.execute("UPDATE task SET schedule_expr = 'abs(probe.value)' WHERE id = $1", task);
    assertThat(look(task, "text"))
        .isInstanceOfSatisfying(
            RunOutcome.Ended.class,
            end -> {
              assertThat(end.code()).hasToString("CONDITION_ERROR");
              assertThat(end.message()).startsWith("Probe: ");
            });
    assertThat(state(task).getBoolean("was_true")).isTrue();
  }

  @Test
  void a_probe_that_can_not_be_read_fails_its_run_with_a_sentence() {
    UUID task = watch(RISING, 0);
    Lease lease = due(task, true);
    db.execute(
        "UPDATE due_work SET payload = payload #- '{condition,probe,uses}',"
            + " locked_until = now() - interval '1 s' WHERE id = $1",
        lease.id());
    worker = db.worker("next");
    worker.execute(worker.lease(1).leases().get(0));
    assertThat(db.query("SELECT error_message FROM task_run").get(0).getString(0))
        .isEqualTo("payload.condition.probe.uses is required.");
  }

  /** A look that started a run whose worker was gone before the end was written. */
  private Lease crashAfterTheDecision(UUID task) {
    Lease lease = due(task, true);
    db.execute(
        """
        CREATE FUNCTION crash() RETURNS trigger LANGUAGE plpgsql AS $f$
        BEGIN
          RAISE EXCEPTION 'crash';
        END $f$""");
    db.execute("CREATE TRIGGER crash BEFORE INSERT ON task_run EXECUTE FUNCTION crash()");
    assertThat(worker.execute(lease)).isInstanceOf(RunOutcome.Lost.class);
    db.execute("DROP TRIGGER crash ON task_run");
    db.execute(
        "UPDATE due_work SET payload = jsonb_set(payload, '{params}', '{\"value\": false}')"
            + " WHERE id = $1",
        lease.id());
    return lease;
  }

  private void goesOnWithoutLooking(UUID task) {
    Worker next = db.worker("next");
    assertThat(next.execute(next.lease(1).leases().get(0)))
        .isInstanceOfSatisfying(
            RunOutcome.Ended.class, end -> assertThat(end.status()).isEqualTo(RunStatus.SUCCESS));
    Row run = db.query("SELECT * FROM task_run").get(0);
    assertThat(run.getJsonObject("outputs").getJsonObject("said").getBoolean("saw")).isTrue();
    assertThat(db.count("SELECT count(*) FROM run_log WHERE kind = 'probe'")).isEqualTo(1);
    assertThat(state(task).getBoolean("was_true")).isTrue();
    assertThat(task(task).getLong("runs_started")).isEqualTo(1);
  }

  @Test
  void a_run_that_was_started_goes_on_after_a_crash_without_looking_again() {
    UUID task = watch(RISING, 0);
    loseLeaseOf(crashAfterTheDecision(task).id());
    goesOnWithoutLooking(task);
  }

  @Test
  void a_run_that_was_started_and_handed_back_goes_on_without_looking_again() {
    UUID task = watch(RISING, 0);
    LeaseTable.handBack(db.db(), List.of(crashAfterTheDecision(task)), new OffsetDateTime[1]);
    goesOnWithoutLooking(task);
  }

  @Test
  void a_step_may_have_the_name_of_the_probe() {
    UUID task =
        watch(
            RISING,
            0,
            "echo-tool",
            new JsonArray()
                .add(
                    step("probe", "echo-tool", new JsonObject().put("saw", "${event.probe.value}"))
                        .put("save_as", "said")));
    loseLeaseOf(crashAfterTheDecision(task).id());
    goesOnWithoutLooking(task);
  }

  /** Runs one after the other while the task's row is locked, until both wait to decide. */
  private List<RunOutcome> decideTogether(Lease one, Lease two, Runnable meanwhile) {
    List<CompletableFuture<RunOutcome>> looks =
        db.db()
            .transaction(
                tx -> {
                  tx.query("SELECT id FROM task FOR UPDATE", Tuple.tuple(), row -> row);
                  var first = CompletableFuture.supplyAsync(() -> worker.execute(one));
                  awaitWaiters(1);
                  var second = CompletableFuture.supplyAsync(() -> worker.execute(two));
                  awaitWaiters(2);
                  meanwhile.run();
                  return List.of(first, second);
                });
    return looks.stream().map(CompletableFuture::join).toList();
  }

  private void awaitWaiters(long howMany) {
    await()
        .atMost(Duration.ofSeconds(8))
        .until(
            () ->
                db.count(
                        "SELECT count(*) FROM pg_stat_activity"
                            + " WHERE datname = current_database() AND wait_event_type = 'Lock'")
                    == howMany);
  }

  @Test
  void two_looks_at_once_fire_once_per_rise() {
    UUID task = watch(RISING, 0);
    assertThat(decideTogether(due(task, true), due(task, true), () -> {}))
        .hasExactlyElementsOfTypes(RunOutcome.Ended.class, RunOutcome.NotTriggered.class);
    assertThat(runs()).isEqualTo(1);
    assertThat(task(task).getLong("runs_started")).isEqualTo(1);
  }

  @Test
  void two_looks_at_once_both_fire_where_the_level_counts() {
    UUID task = watch(LEVEL, 0);
    assertThat(decideTogether(due(task, true), due(task, true), () -> {}))
        .hasOnlyElementsOfType(RunOutcome.Ended.class);
    assertThat(task(task).getLong("runs_started")).isEqualTo(2);
  }

  @Test
  void a_lease_that_is_lost_while_its_look_waits_to_decide_changes_no_state() {
    UUID task = watch(LEVEL, 0);
    Lease one = due(task, true);
    Lease two = due(task, true);
    List<RunOutcome> outcomes =
        decideTogether(
            one, two, () -> db.execute("UPDATE due_work SET lease_token = gen_random_uuid()"));
    assertThat(outcomes).hasOnlyElementsOfType(RunOutcome.Lost.class);
    assertThat(db.count("SELECT count(*) FROM condition_state")).isZero();
    assertThat(db.count("SELECT count(*) FROM run_log")).isZero();
    assertThat(task(task).getLong("runs_started")).isZero();
  }

  @Test
  void a_lost_lease_changes_no_state() {
    UUID task = watch(RISING, 0);
    Lease lost = due(task, true);
    loseLeaseOf(lost.id());
    Worker next = db.worker("next");
    Lease taken = next.lease(1).leases().get(0);
    assertThat(worker.execute(lost)).isInstanceOf(RunOutcome.Lost.class);
    assertThat(db.count("SELECT count(*) FROM condition_state")).isZero();
    assertThat(task(task).getLong("runs_started")).isZero();
    assertThat(next.execute(taken)).isInstanceOf(RunOutcome.Ended.class);
    assertThat(runs()).isEqualTo(1);
  }

  @Test
  void a_look_that_is_older_than_the_last_decision_changes_and_starts_nothing() {
    UUID task = watch(LEVEL, 0);
    look(task, false);
    db.execute("UPDATE condition_state SET looked_at = now() + interval '1 h'");
    assertThat(look(task, true)).isInstanceOf(RunOutcome.NotTriggered.class);
    assertThat(state(task).getBoolean("was_true")).isFalse();
    assertThat(task(task).getLong("runs_started")).isZero();
  }

  @Test
  void the_last_look_settles_its_task_though_it_leaves_no_run() {
    UUID task = watch(RISING, 0);
    db.execute("UPDATE task SET ends_at = now() + interval '1 min' WHERE id = $1", task);
    assertThat(look(task, false)).isInstanceOf(RunOutcome.NotTriggered.class);
    assertThat(task(task).getString("status")).isEqualTo("completed");
    assertThat(task(task).getOffsetDateTime("next_run")).isNull();
    assertThat(runs()).isZero();
  }

  @Test
  void canceling_the_task_ends_its_look() {
    UUID task = watch(RISING, 0);
    Lease lease = due(task, true);
    new TaskCommands(db.db(), db.nudges()).cancel(task);
    loseLeaseOf(lease.id());
    Worker next = db.worker("next");
    assertThat(next.execute(next.lease(1).leases().get(0)))
        .isInstanceOfSatisfying(
            RunOutcome.Ended.class, end -> assertThat(end.status()).isEqualTo(RunStatus.CANCELED));
    assertThat(db.count("SELECT count(*) FROM due_work_open")).isZero();
    assertThat(db.count("SELECT count(*) FROM condition_state")).isZero();
  }

  @Test
  void a_run_that_somebody_asks_for_does_not_look() {
    UUID task = watch(RISING, 0);
    new TaskCommands(db.db(), db.nudges()).runNow(task, null);
    db.tick().once();
    worker.lease(1).leases().forEach(worker::execute);
    assertThat(runs()).isEqualTo(1);
    assertThat(db.count("SELECT count(*) FROM condition_state")).isZero();
  }

  @Test
  void pausing_takes_looks_back_that_were_never_counted_as_runs() {
    UUID task = watch(LEVEL, 0);
    look(task, true);
    db.execute("UPDATE task SET next_run = now() + interval '1500 ms' WHERE id = $1", task);
    assertThat(db.tick().once()).isEqualTo(1);
    new TaskCommands(db.db(), db.nudges()).pause(task);
    assertThat(db.count("SELECT count(*) FROM due_work_open")).isZero();
    assertThat(task(task).getLong("runs_started")).isEqualTo(1);
  }
}

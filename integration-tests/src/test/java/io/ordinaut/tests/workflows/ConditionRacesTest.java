package io.ordinaut.tests.workflows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ordinaut.tests.utils.Harness;
import io.ordinaut.tests.utils.Looks;
import io.ordinaut.work.RunStatus;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.lease.LeaseTable;
import io.ordinaut.worker.loop.Worker;
import io.ordinaut.worker.run.RunOutcome;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Looks that meet other looks, lost leases and crashes: each decision is taken once. */
class ConditionRacesTest {
  @AutoClose private final Harness db = new Harness();
  private final Worker worker = db.worker("looks");
  private final Looks looks = new Looks(db, worker);

  /** A look that started a run whose worker was gone before the end was written. */
  private Lease crashAfterTheDecision(UUID task) {
    Lease lease = looks.due(task, true);
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
    assertThat(looks.state(task).getBoolean("was_true")).isTrue();
    assertThat(looks.task(task).getLong("runs_started")).isEqualTo(1);
  }

  @Test
  void a_run_that_was_started_goes_on_after_a_crash_without_looking_again() {
    UUID task = looks.watch(Looks.RISING, 0);
    looks.loseLeaseOf(crashAfterTheDecision(task).id());
    goesOnWithoutLooking(task);
  }

  @Test
  void a_run_that_was_started_and_handed_back_goes_on_without_looking_again() {
    UUID task = looks.watch(Looks.RISING, 0);
    LeaseTable.handBack(db.db(), List.of(crashAfterTheDecision(task)), new OffsetDateTime[1]);
    goesOnWithoutLooking(task);
  }

  @Test
  void a_step_may_have_the_name_of_the_probe() {
    UUID task =
        looks.watch(
            Looks.RISING,
            0,
            "echo-tool",
            new JsonArray()
                .add(
                    Looks.step(
                            "probe",
                            "echo-tool",
                            new JsonObject().put("saw", "${event.probe.value}"))
                        .put("save_as", "said")));
    looks.loseLeaseOf(crashAfterTheDecision(task).id());
    goesOnWithoutLooking(task);
  }

  /** Runs one after the other while the task's row is locked, until both wait to decide. */
  private List<RunOutcome> decideTogether(Lease one, Lease two, Runnable meanwhile) {
    List<CompletableFuture<RunOutcome>> both =
        db.db()
            .transaction(
                tx -> {
                  tx.query("SELECT id FROM task FOR UPDATE", Tuple.tuple(), row -> row);
                  var first = CompletableFuture.supplyAsync(() -> worker.execute(one));
                  await().until(() -> db.lockWaiters() == 1);
                  var second = CompletableFuture.supplyAsync(() -> worker.execute(two));
                  await().until(() -> db.lockWaiters() == 2);
                  meanwhile.run();
                  return List.of(first, second);
                });
    return both.stream().map(CompletableFuture::join).toList();
  }

  @Test
  void two_looks_at_once_fire_once_per_rise() {
    UUID task = looks.watch(Looks.RISING, 0);
    assertThat(decideTogether(looks.due(task, true), looks.due(task, true), () -> {}))
        .hasExactlyElementsOfTypes(RunOutcome.Ended.class, RunOutcome.NotTriggered.class);
    assertThat(db.count("SELECT count(*) FROM task_run")).isEqualTo(1);
    assertThat(looks.task(task).getLong("runs_started")).isEqualTo(1);
  }

  @Test
  void two_looks_at_once_both_fire_where_the_level_counts() {
    UUID task = looks.watch(Looks.LEVEL, 0);
    assertThat(decideTogether(looks.due(task, true), looks.due(task, true), () -> {}))
        .hasOnlyElementsOfType(RunOutcome.Ended.class);
    assertThat(looks.task(task).getLong("runs_started")).isEqualTo(2);
  }

  @Test
  void a_lease_that_is_lost_while_its_look_waits_to_decide_changes_no_state() {
    UUID task = looks.watch(Looks.LEVEL, 0);
    Lease one = looks.due(task, true);
    Lease two = looks.due(task, true);
    List<RunOutcome> outcomes =
        decideTogether(
            one, two, () -> db.execute("UPDATE due_work SET lease_token = gen_random_uuid()"));
    assertThat(outcomes).hasOnlyElementsOfType(RunOutcome.Lost.class);
    assertThat(db.count("SELECT count(*) FROM condition_state")).isZero();
    assertThat(db.count("SELECT count(*) FROM run_log")).isZero();
    assertThat(looks.task(task).getLong("runs_started")).isZero();
  }

  @Test
  void a_lost_lease_changes_no_state() {
    UUID task = looks.watch(Looks.RISING, 0);
    Lease lost = looks.due(task, true);
    looks.loseLeaseOf(lost.id());
    Worker next = db.worker("next");
    Lease taken = next.lease(1).leases().get(0);
    assertThat(worker.execute(lost)).isInstanceOf(RunOutcome.Lost.class);
    assertThat(db.count("SELECT count(*) FROM condition_state")).isZero();
    assertThat(looks.task(task).getLong("runs_started")).isZero();
    assertThat(next.execute(taken)).isInstanceOf(RunOutcome.Ended.class);
    assertThat(db.count("SELECT count(*) FROM task_run")).isEqualTo(1);
  }

  @Test
  void a_look_that_is_older_than_the_last_decision_changes_and_starts_nothing() {
    UUID task = looks.watch(Looks.LEVEL, 0);
    looks.look(task, false);
    db.execute("UPDATE condition_state SET looked_at = now() + interval '50 s'");
    assertThat(looks.look(task, true)).isInstanceOf(RunOutcome.NotTriggered.class);
    assertThat(looks.state(task).getBoolean("was_true")).isFalse();
    assertThat(looks.task(task).getLong("runs_started")).isZero();
  }

  @Test
  void a_look_of_a_clock_that_was_ahead_overtakes_none() {
    UUID task = looks.watch(Looks.RISING, 0);
    looks.look(task, false);
    db.execute("UPDATE condition_state SET looked_at = now() + interval '1 day'");
    assertThat(looks.look(task, true)).isInstanceOf(RunOutcome.Ended.class);
    assertThat(looks.state(task).getOffsetDateTime("looked_at")).isBeforeOrEqualTo(db.clock());
  }

  @Test
  void a_condition_that_fired_by_a_clock_that_was_ahead_does_not_cool_down_until_then() {
    UUID task = looks.watch(Looks.LEVEL, 60);
    looks.look(task, true);
    db.execute("UPDATE condition_state SET fired_at = now() + interval '1 day'");
    assertThat(looks.look(task, true)).isInstanceOf(RunOutcome.Ended.class);
    assertThat(looks.look(task, true)).isInstanceOf(RunOutcome.NotTriggered.class);
  }
}

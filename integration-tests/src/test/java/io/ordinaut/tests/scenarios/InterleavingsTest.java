package io.ordinaut.tests.scenarios;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ordinaut.api.task.TaskCommands;
import io.ordinaut.tests.utils.Fixtures;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.tests.utils.Stalled;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.lease.LeaseTable;
import io.ordinaut.worker.loop.Worker;
import io.ordinaut.worker.run.RunOutcome;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Two statements that meet on one row, the first one stalled until the second one waits. */
class InterleavingsTest {
  @AutoClose private final Harness db = new Harness();
  private final Worker worker = db.worker("w");

  @AutoClose("shutdownNow")
  private final ExecutorService threads = Executors.newCachedThreadPool();

  private <T> CompletableFuture<T> async(Supplier<T> body) {
    return CompletableFuture.supplyAsync(body, threads);
  }

  private void awaitWaiter() {
    awaitWaiters(1);
  }

  private void awaitWaiters(int howMany) {
    await().until(() -> db.lockWaiters() >= howMany);
  }

  /** Makes the statement that ends this run stop half way, with its work already deleted. */
  private Stalled stallTheEndOf(UUID run) {
    db.execute(
        """
        CREATE FUNCTION stall() RETURNS trigger LANGUAGE plpgsql AS $f$
        BEGIN
          PERFORM pg_advisory_xact_lock(42);
          RETURN NEW;
        END $f$""");
    db.execute(
        "CREATE TRIGGER stall BEFORE INSERT ON task_run FOR EACH ROW WHEN (NEW.id = '"
            + run
            + "') EXECUTE FUNCTION stall()");
    return new Stalled(db, "SELECT pg_advisory_xact_lock(42)");
  }

  /** Runs all of them, and lets their ends come together while the first one's is stalled. */
  private List<RunOutcome> endTogether(Lease first, List<Lease> others) {
    CompletableFuture<RunOutcome> stalled;
    List<CompletableFuture<RunOutcome>> runs;
    try (Stalled lock = stallTheEndOf(first.id())) {
      stalled = async(() -> worker.execute(first));
      awaitWaiter();
      runs = others.stream().map(lease -> async(() -> worker.execute(lease))).toList();
      await().during(Duration.ofMillis(300)).until(() -> worker.unwritten() == others.size() + 1);
      lock.commit();
    }
    assertThat(stalled.join()).isInstanceOf(RunOutcome.Ended.class);
    return runs.stream().map(CompletableFuture::join).toList();
  }

  private long transactionsThatEnded(UUID... except) {
    return db.count(
        "SELECT count(DISTINCT xmin::text) FROM task_run WHERE NOT id = ANY ($1)", (Object) except);
  }

  @Test
  void a_claim_that_comes_first_is_not_undone_by_a_cancel() throws Exception {
    UUID task = Fixtures.createTestTask(db, "claim first", 0);
    db.tick().once();
    UUID work = db.query("SELECT id FROM due_work WHERE task_id = $1", task).get(0).getUUID(0);
    UUID token = UUID.randomUUID();
    try (Stalled claim =
        new Stalled(
            db,
            "UPDATE due_work_open SET status = 'running', lease_token = $2,"
                + " locked_until = now() + interval '30 s' WHERE id = $1",
            work,
            token)) {
      CompletableFuture<?> cancel =
          async(() -> new TaskCommands(db.db(), db.nudges()).cancel(task));
      awaitWaiter();
      claim.commit();
      cancel.join();
    }
    assertThat(db.work(work).getString("status")).isEqualTo("running");
    assertThat(db.work(work).getBoolean("cancel_requested")).isTrue();
    assertThat(db.query("SELECT status FROM task").get(0).getString(0)).isEqualTo("canceled");
    assertThat(db.count("SELECT count(*) FROM task_run")).isZero();
  }

  @Test
  void a_run_that_is_parked_meanwhile_ends_with_its_task() throws Exception {
    UUID task = Fixtures.createTestTask(db, "park first", 0);
    db.tick().once();
    UUID work = worker.lease(1).leases().get(0).id();
    try (Stalled park =
        new Stalled(
            db,
            "UPDATE due_work_open SET status = 'pending', started_at = now(), attempt = 2,"
                + " available_at = now() + interval '1 h', locked_by = NULL, locked_until = NULL,"
                + " lease_token = NULL WHERE id = $1",
            work)) {
      CompletableFuture<?> cancel =
          async(() -> new TaskCommands(db.db(), db.nudges()).cancel(task));
      awaitWaiter();
      park.commit();
      cancel.join();
    }
    assertThat(db.work(work).getString("status")).isEqualTo("canceled");
    assertThat(db.query("SELECT error_message FROM task_run").get(0).getString(0))
        .isEqualTo("The task was canceled.");
  }

  @Test
  void a_cancel_that_comes_first_leaves_nothing_to_claim() throws Exception {
    UUID task = Fixtures.createTestTask(db, "cancel first", 0);
    db.tick().once();
    try (Stalled cancel =
        new Stalled(
            db, "DELETE FROM due_work_open WHERE task_id = $1 AND status = 'pending'", task)) {
      assertThat(worker.lease(1).leases()).as("locked rows are passed over").isEmpty();
      cancel.commit();
    }
    assertThat(worker.lease(1).leases()).isEmpty();
  }

  @Test
  void a_renewal_that_meets_a_finish_changes_nothing() throws Exception {
    UUID task = Fixtures.createTestTask(db, "finish first", 0);
    db.tick().once();
    Lease lease = worker.lease(1).leases().get(0);
    try (Stalled finish =
        new Stalled(
            db,
            """
            WITH gone AS (DELETE FROM due_work_open WHERE id = $1 RETURNING *)
            INSERT INTO due_work_done (id, task_id, run_at, status, finished_at)
            SELECT id, task_id, run_at, 'completed', now() FROM gone""",
            lease.id())) {
      CompletableFuture<Map<UUID, Boolean>> renewal =
          async(
              () ->
                  LeaseTable.renew(
                      db.db(), List.of(lease), new OffsetDateTime[1], Duration.ofSeconds(30)));
      awaitWaiter();
      finish.commit();
      assertThat(renewal.join()).isEmpty();
    }
    assertThat(db.count("SELECT count(*) FROM due_work WHERE task_id = $1", task)).isEqualTo(1);
  }

  @Test
  void a_finish_waits_for_a_renewal_and_then_counts() throws Exception {
    Fixtures.createTestTask(db, "renewal first", 0);
    db.tick().once();
    Lease lease = worker.lease(1).leases().get(0);
    try (Stalled renewal =
        new Stalled(
            db,
            "UPDATE due_work_open SET locked_until = now() + interval '1 min' WHERE id = $1",
            lease.id())) {
      CompletableFuture<RunOutcome> finish = async(() -> worker.execute(lease));
      awaitWaiter();
      renewal.commit();
      assertThat(finish.join()).isInstanceOf(RunOutcome.Ended.class);
    }
    assertThat(db.work(lease.id()).getString("status")).isEqualTo("completed");
  }

  @Test
  void a_take_over_that_comes_first_refuses_the_finish() throws Exception {
    Fixtures.createTestTask(db, "taken over", 0);
    db.tick().once();
    Lease lease = worker.lease(1).leases().get(0);
    try (Stalled takeOver =
        new Stalled(
            db,
            "UPDATE due_work_open SET lease_token = gen_random_uuid() WHERE id = $1",
            lease.id())) {
      CompletableFuture<RunOutcome> finish = async(() -> worker.execute(lease));
      awaitWaiter();
      takeOver.commit();
      assertThat(finish.join()).isInstanceOf(RunOutcome.Lost.class);
    }
    assertThat(worker.observer().leasesLost()).isEqualTo(1);
    assertThat(db.count("SELECT count(*) FROM task_run")).isZero();
  }

  @Test
  void two_last_runs_at_once_settle_their_task_once() {
    UUID task = Fixtures.createTestTask(db, "two last", 0);
    db.tick().once();
    db.execute(
        """
        INSERT INTO due_work (task_id, run_at, cause, is_last, payload)
        VALUES ($1, now() - interval '1 s', 'schedule', true, '{"pipeline": []}')""",
        task);
    Worker other = db.worker("other");
    Lease first = worker.lease(1).leases().get(0);
    Lease second = other.lease(1).leases().get(0);
    CompletableFuture<RunOutcome> one;
    CompletableFuture<RunOutcome> two;
    try (Stalled lock = stallTheEndOf(first.id())) {
      one = async(() -> worker.execute(first));
      awaitWaiters(1);
      two = async(() -> other.execute(second));
      awaitWaiters(2);
      assertThat(db.query("SELECT status FROM task").get(0).getString(0)).isEqualTo("active");
      lock.commit();
    }
    assertThat(one.join()).isInstanceOf(RunOutcome.Ended.class);
    assertThat(two.join()).isInstanceOf(RunOutcome.Ended.class);
    assertThat(db.query("SELECT status FROM task").get(0).getString(0)).isEqualTo("completed");
    assertThat(db.count("SELECT count(*) FROM task_run WHERE status = 'success'")).isEqualTo(2);
  }

  private static JsonObject echo(Object text) {
    return new JsonObject()
        .put("id", "e")
        .put("uses", "echo-tool")
        .put("save_as", "e")
        .put("with", new JsonObject().put("text", text));
  }

  private UUID workThatEchoes(Object text) {
    UUID id = UUID.randomUUID();
    db.execute(
        "INSERT INTO due_work (id, payload) VALUES ($1, $2)",
        id,
        new JsonObject().put("pipeline", new JsonArray().add(echo(text))));
    return id;
  }

  private UUID workThatIsTriedForAMinute() {
    UUID id = UUID.randomUUID();
    db.execute(
        """
        INSERT INTO due_work (id, payload) VALUES ($1, '{"pipeline": [
          {"id": "slow", "uses": "failing-tool", "retry_count": 60, "retry_delay_seconds": 0.9}]}')""",
        id);
    return id;
  }

  private Object echoed(UUID run) {
    return db.query("SELECT outputs FROM task_run WHERE id = $1", run)
        .get(0)
        .getJsonObject(0)
        .getJsonObject("e")
        .getValue("text");
  }

  @Test
  void one_result_that_can_not_be_stored_fails_alone_in_its_batch() {
    UUID opener = workThatEchoes("opener");
    Lease first = worker.lease(1).leases().get(0);
    UUID culprit = null;
    for (int i = 0; i < 30; i++) {
      UUID work = workThatEchoes(i);
      culprit = i == 17 ? work : culprit;
    }
    db.execute(
        """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $f$
        BEGIN
          RAISE EXCEPTION 'unstorable' USING ERRCODE = '22P05';
        END $f$""");
    db.execute(
        """
        CREATE TRIGGER refuse BEFORE INSERT ON task_run FOR EACH ROW
        WHEN (NEW.outputs @> '{"e": {"text": 17}}') EXECUTE FUNCTION refuse()""");
    endTogether(first, worker.lease(30).leases());
    assertThat(db.count("SELECT count(*) FROM task_run WHERE status = 'success'")).isEqualTo(30);
    assertThat(
            db.count(
                "SELECT count(*) FROM task_run WHERE error_code = 'output_invalid' AND id = $1",
                culprit))
        .isEqualTo(1);
    assertThat(transactionsThatEnded(opener))
        .as("a batch, halved until one is alone")
        .isLessThan(8);
  }

  @Test
  void a_nul_in_one_output_of_a_batch_is_replaced_and_harms_no_other() {
    UUID opener = workThatEchoes("opener");
    Lease first = worker.lease(1).leases().get(0);
    UUID nul = workThatEchoes("${`\"x\\u0000y\"`}");
    UUID neighbour = workThatEchoes("neighbour");
    for (int i = 0; i < 28; i++) {
      workThatEchoes(i);
    }
    endTogether(first, worker.lease(30).leases());
    assertThat(db.count("SELECT count(*) FROM task_run WHERE status = 'success'")).isEqualTo(31);
    assertThat(echoed(nul)).isEqualTo("x\uFFFDy");
    assertThat(echoed(neighbour)).isEqualTo("neighbour");
    assertThat(transactionsThatEnded(opener)).as("one transaction for all 30").isEqualTo(1);
  }

  @Test
  void a_drain_gives_back_what_runs_and_leaves_what_has_ended_to_be_written() {
    Worker draining = db.worker("draining", Map.of("grace", "PT0.1S", "lease", "PT10M"));
    UUID ending = workThatEchoes("ending");
    CompletableFuture<Void> closing;
    UUID slow;
    try (Stalled lock = stallTheEndOf(ending)) {
      draining.turn();
      awaitWaiter();
      UUID ended = workThatEchoes("ended");
      draining.turn();
      await().until(() -> draining.unwritten() == 2);
      slow = workThatIsTriedForAMinute();
      draining.turn();
      await().until(() -> db.count("SELECT count(*) FROM run_log WHERE run_id = $1", slow) > 0);
      closing = CompletableFuture.runAsync(draining::close, threads);
      await().until(() -> "pending".equals(db.work(slow).getString("status")));
      await()
          .alias("nobody but the end of the first run waits for a row")
          .during(Duration.ofMillis(500))
          .until(() -> db.lockWaiters() == 1);
      lock.commit();
      closing.join();
      assertThat(db.work(ended).getString("status")).isEqualTo("completed");
    }
    assertThat(db.work(ending).getString("status")).isEqualTo("completed");
    assertThat(db.work(slow).getString("status")).isEqualTo("pending");
    assertThat(db.work(slow).getOffsetDateTime("started_at"))
        .as("its next holder looks for checkpoints")
        .isNotNull();
  }
}

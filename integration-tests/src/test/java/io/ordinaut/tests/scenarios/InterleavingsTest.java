package io.ordinaut.tests.scenarios;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ordinaut.api.task.TaskCommands;
import io.ordinaut.tests.utils.Fixtures;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.lease.LeaseTable;
import io.ordinaut.worker.loop.Worker;
import io.ordinaut.worker.run.RunOutcome;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Transaction;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two statements that meet on one row, the first one stalled until the second one waits. */
class InterleavingsTest {
  private Harness db;
  private Worker worker;
  private ExecutorService threads;

  @BeforeEach
  void open() {
    db = new Harness();
    worker = db.worker("w");
    threads = Executors.newCachedThreadPool();
  }

  @AfterEach
  void close() throws Exception {
    threads.shutdownNow();
    db.close();
  }

  /** A transaction that holds what it touched until it is let go. */
  private final class Stalled implements AutoCloseable {
    private final SqlConnection connection = get(db.pool().getConnection());
    private final Transaction transaction = get(connection.begin());

    Stalled(String sql, Object... arguments) {
      get(connection.preparedQuery(sql).execute(Tuple.wrap(arguments)));
    }

    void commit() {
      get(transaction.commit());
    }

    @Override
    public void close() {
      connection.close();
    }
  }

  private static <T> T get(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().join();
  }

  private <T> CompletableFuture<T> async(Supplier<T> body) {
    return CompletableFuture.supplyAsync(body, threads);
  }

  private void awaitWaiter() {
    await()
        .atMost(Duration.ofSeconds(10))
        .until(
            () ->
                db.count(
                        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                            + " AND wait_event_type = 'Lock'")
                    > 0);
  }

  @Test
  void a_claim_that_comes_first_is_not_undone_by_a_cancel() throws Exception {
    UUID task = Fixtures.createTestTask(db, "claim first", 0);
    db.tick().once();
    UUID work = db.query("SELECT id FROM due_work WHERE task_id = $1", task).get(0).getUUID(0);
    UUID token = UUID.randomUUID();
    try (Stalled claim =
        new Stalled(
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
  void a_cancel_that_comes_first_leaves_nothing_to_claim() throws Exception {
    UUID task = Fixtures.createTestTask(db, "cancel first", 0);
    db.tick().once();
    try (Stalled cancel =
        new Stalled("DELETE FROM due_work_open WHERE task_id = $1 AND status = 'pending'", task)) {
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
            "UPDATE due_work_open SET lease_token = gen_random_uuid() WHERE id = $1", lease.id())) {
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
    CompletableFuture<RunOutcome> one = async(() -> worker.execute(first));
    CompletableFuture<RunOutcome> two = async(() -> other.execute(second));
    assertThat(one.join()).isInstanceOf(RunOutcome.Ended.class);
    assertThat(two.join()).isInstanceOf(RunOutcome.Ended.class);
    assertThat(db.query("SELECT status FROM task").get(0).getString(0)).isEqualTo("completed");
    assertThat(db.count("SELECT count(*) FROM task_run")).isEqualTo(2);
  }

  @Test
  void one_result_that_can_not_be_stored_fails_alone() {
    UUID culprit = null;
    for (int i = 0; i < 30; i++) {
      JsonObject step =
          new JsonObject()
              .put("id", "e")
              .put("uses", "echo-tool")
              .put("save_as", "e")
              .put("with", new JsonObject().put("n", i));
      UUID task = Fixtures.createTask(db, "task " + i, 0, new JsonArray().add(step));
      culprit = i == 17 ? task : culprit;
    }
    db.tick().once();
    db.execute(
        """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $f$
        BEGIN
          IF NEW.outputs @> '{"e": {"n": 17}}' THEN
            RAISE EXCEPTION 'unstorable' USING ERRCODE = '22P05';
          END IF;
          RETURN NEW;
        END $f$""");
    db.execute(
        "CREATE TRIGGER refuse BEFORE INSERT ON task_run FOR EACH ROW EXECUTE FUNCTION refuse()");
    List<CompletableFuture<RunOutcome>> runs =
        worker.lease(30).leases().stream()
            .map(lease -> async(() -> worker.execute(lease)))
            .toList();
    runs.forEach(CompletableFuture::join);
    assertThat(db.count("SELECT count(*) FROM task_run WHERE status = 'success'")).isEqualTo(29);
    assertThat(
            db.count(
                "SELECT count(*) FROM task_run WHERE error_code = 'output_invalid' AND task_id = $1",
                culprit))
        .isEqualTo(1);
  }

  @Test
  void a_nul_in_an_output_is_replaced() {
    JsonObject step =
        new JsonObject()
            .put("id", "e")
            .put("uses", "echo-tool")
            .put("save_as", "e")
            .put("with", new JsonObject().put("text", "${join('', [params.a, params.b])}"));
    Fixtures.createTask(db, "nul", 600_000, new JsonArray().add(step));
    Fixtures.createTestTask(db, "neighbour", 0);
    UUID work = UUID.randomUUID();
    db.execute(
        "INSERT INTO due_work (id, payload) VALUES ($1, $2)",
        work,
        new JsonObject()
            .put("params", new JsonObject().put("a", "a").put("b", "b"))
            .put(
                "pipeline",
                new JsonArray()
                    .add(
                        step.copy()
                            .put("with", new JsonObject().put("text", "${`\"x\\u0000y\"`}")))));
    db.tick().once();
    worker.lease(10).leases().forEach(worker::execute);
    assertThat(db.count("SELECT count(*) FROM task_run WHERE status = 'success'")).isEqualTo(2);
    assertThat(
            db.query("SELECT outputs FROM task_run WHERE id = $1", work)
                .get(0)
                .getJsonObject(0)
                .getJsonObject("e")
                .getString("text"))
        .isEqualTo("x\uFFFDy");
  }
}

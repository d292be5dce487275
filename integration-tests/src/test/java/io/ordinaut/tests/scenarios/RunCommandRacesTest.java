package io.ordinaut.tests.scenarios;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.api.http.Page;
import io.ordinaut.api.http.Problem;
import io.ordinaut.api.run.RetryMode;
import io.ordinaut.api.run.RunCommands;
import io.ordinaut.api.run.RunFilter;
import io.ordinaut.api.run.RunTable;
import io.ordinaut.tests.utils.Fixtures;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.tests.utils.Stalled;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.loop.Worker;
import io.ordinaut.worker.run.RunOutcome;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A command on a run that meets what else happens to it: the row decides who came first. */
@Timeout(90)
class RunCommandRacesTest {
  @AutoClose private final Harness db = new Harness();
  private final Worker worker = db.worker("w");
  private final RunCommands commands = new RunCommands(db.db(), db.nudges());

  @AutoClose("shutdownNow")
  private final ExecutorService threads = Executors.newCachedThreadPool();

  private <T> CompletableFuture<T> async(Supplier<T> body) {
    return CompletableFuture.supplyAsync(body, threads);
  }

  /** What the command answered: 202, or the status of its problem. */
  private CompletableFuture<Integer> cancel(UUID id) {
    return async(
        () -> {
          try {
            commands.cancel(id);
            return 202;
          } catch (Problem e) {
            return e.status();
          }
        });
  }

  private int cancelAfter(UUID id, Stalled first) {
    try (first) {
      CompletableFuture<Integer> cancel = cancel(id);
      awaitWaiters(1);
      first.commit();
      return cancel.join();
    }
  }

  private void awaitWaiters(int howMany) {
    await().until(() -> db.lockWaiters() >= howMany);
  }

  private UUID emitted() {
    Fixtures.createTestTask(db, "raced", 0);
    db.tick().once();
    return db.query("SELECT id FROM due_work_open").get(0).getUUID(0);
  }

  private String taskStatus() {
    return db.query("SELECT status FROM task").get(0).getString(0);
  }

  @Test
  void a_claim_that_comes_first_is_asked_to_stop() {
    UUID id = emitted();
    int answer =
        cancelAfter(
            id,
            new Stalled(
                db,
                "UPDATE due_work_open SET status = 'running', lease_token = gen_random_uuid(),"
                    + " locked_until = now() + interval '30 s' WHERE id = $1",
                id));
    assertThat(answer).isEqualTo(202);
    assertThat(db.work(id).getString("status")).isEqualTo("running");
    assertThat(db.work(id).getBoolean("cancel_requested")).isTrue();
    assertThat(taskStatus()).isEqualTo("active");
  }

  @Test
  void an_end_that_comes_first_is_told() {
    UUID id = emitted();
    worker.lease(1);
    int answer =
        cancelAfter(
            id,
            new Stalled(
                db,
                """
                WITH gone AS (DELETE FROM due_work_open WHERE id = $1 RETURNING *),
                run AS (
                  INSERT INTO task_run (id, task_id, run_at, status)
                  SELECT id, task_id, run_at, 'success' FROM gone)
                INSERT INTO due_work_done (id, task_id, run_at, status, finished_at)
                SELECT id, task_id, run_at, 'completed', now() FROM gone""",
                id));
    assertThat(answer).isEqualTo(409);
    assertThat(db.count("SELECT count(*) FROM task_run")).isEqualTo(1);
  }

  @Test
  void a_run_that_is_parked_meanwhile_is_ended() {
    UUID id = emitted();
    worker.lease(1);
    int answer =
        cancelAfter(
            id,
            new Stalled(
                db,
                "UPDATE due_work_open SET status = 'pending', started_at = now(), attempt = 2,"
                    + " available_at = now() + interval '1 h', locked_by = NULL,"
                    + " locked_until = NULL, lease_token = NULL WHERE id = $1",
                id));
    assertThat(answer).isEqualTo(202);
    assertThat(db.work(id).getString("status")).isEqualTo("canceled");
    assertThat(db.query("SELECT status FROM task_run").get(0).getString(0)).isEqualTo("canceled");
    assertThat(taskStatus()).isEqualTo("canceled");
  }

  @Test
  void a_signal_that_becomes_work_meanwhile_is_ended() {
    UUID task = Fixtures.createTestTask(db, "signalled", 60_000);
    UUID id = UUID.randomUUID();
    db.execute("INSERT INTO signal (id, task_id) VALUES ($1, $2)", id, task);
    int answer =
        cancelAfter(
            id,
            new Stalled(
                db,
                """
                WITH taken AS (DELETE FROM signal WHERE id = $1 RETURNING *)
                INSERT INTO due_work_open (id, task_id, status, payload)
                SELECT id, task_id, 'pending', '{"pipeline": []}' FROM taken""",
                id));
    assertThat(answer).isEqualTo(202);
    assertThat(db.work(id).getString("status")).isEqualTo("canceled");
  }

  @Test
  void a_cancel_that_comes_first_refuses_the_end_of_a_worker_that_lost_its_lease() {
    UUID id = emitted();
    Lease lease = worker.lease(1).leases().get(0);
    db.execute("UPDATE due_work_open SET locked_until = now() - interval '1 s'");
    CompletableFuture<RunOutcome> end;
    try (Stalled row = new Stalled(db, "SELECT id FROM task FOR NO KEY UPDATE")) {
      CompletableFuture<Integer> cancel = cancel(id);
      awaitWaiters(1);
      end = async(() -> worker.execute(lease));
      awaitWaiters(2);
      row.commit();
      cancel.join();
    }
    end.join();
    assertThat(db.count("SELECT count(*) FROM task_run")).isEqualTo(1);
    assertThat(db.count("SELECT count(*) FROM due_work")).isEqualTo(1);
    assertThat(taskStatus())
        .isEqualTo("completed".equals(db.work(id).getString("status")) ? "completed" : "canceled");
  }

  @Test
  void of_two_retries_at_once_one_is_refused() {
    UUID id = UUID.randomUUID();
    db.execute(
        "INSERT INTO due_work (id, payload) VALUES ($1, '{\"pipeline\": [{\"id\": \"no\","
            + " \"uses\": \"assert\", \"with\": {\"that\": false}}]}')",
        id);
    worker.lease(1).leases().forEach(worker::execute);
    List<CompletableFuture<Integer>> retries;
    try (Stalled row = new Stalled(db, "SELECT id FROM task_run WHERE id = $1 FOR UPDATE", id)) {
      retries = List.of(retry(id), retry(id));
      awaitWaiters(2);
      row.commit();
    }
    assertThat(retries.stream().map(CompletableFuture::join)).containsExactlyInAnyOrder(202, 409);
    assertThat(db.count("SELECT count(*) FROM signal")).isEqualTo(1);
  }

  @Test
  void a_retry_that_meets_the_end_of_its_run_finds_it_ended() {
    UUID id = emitted();
    Lease lease = worker.lease(1).leases().get(0);
    try (Stalled open = new Stalled(db, "LOCK TABLE signal IN ACCESS EXCLUSIVE MODE")) {
      CompletableFuture<Integer> retry = retry(id);
      awaitWaiters(1);
      worker.execute(lease);
      open.commit();
      assertThat(retry.join()).as("it succeeded, so there is nothing to go on with").isEqualTo(409);
    }
    assertThat(db.count("SELECT count(*) FROM task_run")).isEqualTo(1);
  }

  private CompletableFuture<Integer> retry(UUID id) {
    return async(
        () -> {
          try {
            commands.retry(id, new RetryMode(false, RetryMode.Payload.ORIGINAL));
            return 202;
          } catch (Problem e) {
            return e.status();
          }
        });
  }

  /** The list has read what goes on, and waits to read what has ended. */
  @Test
  void a_run_that_ends_while_runs_are_listed_is_listed_once() {
    UUID id = emitted();
    worker.lease(1);
    RunFilter all = new RunFilter(null, null, null, null, null, null);
    CompletableFuture<List<ObjectNode>> listed =
        db.db()
            .transaction(
                tx -> {
                  tx.execute("SET LOCAL idle_in_transaction_session_timeout = 0", Tuple.tuple());
                  tx.execute("LOCK TABLE task_run", Tuple.tuple());
                  CompletableFuture<List<ObjectNode>> list =
                      async(() -> new RunTable(db.db()).list(all, new Page(10, null, null)));
                  awaitWaiters(1);
                  tx.execute("DELETE FROM due_work_open WHERE id = $1", Tuple.of(id));
                  tx.execute(
                      "INSERT INTO task_run (id, run_at, status) VALUES ($1, now(), 'success')",
                      Tuple.of(id));
                  return list;
                });
    assertThat(listed.join())
        .singleElement()
        .satisfies(run -> assertThat(run.get("id").asText()).isEqualTo(id.toString()));
  }
}

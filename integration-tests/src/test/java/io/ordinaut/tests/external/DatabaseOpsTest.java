package io.ordinaut.tests.external;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ordinaut.store.DbException;
import io.ordinaut.tests.utils.Fixtures;
import io.ordinaut.tests.utils.Harness;
import io.vertx.sqlclient.Tuple;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class DatabaseOpsTest {
  @AutoClose private final Harness db = new Harness();

  @Test
  void a_transaction_that_throws_leaves_nothing() {
    assertThatThrownBy(
            () ->
                db.db()
                    .transaction(
                        tx -> {
                          tx.execute(
                              "INSERT INTO event_dedupe (agent_id, dedupe_id, event_id) VALUES (gen_random_uuid(), 'x', gen_random_uuid())",
                              Tuple.tuple());
                          throw new IllegalStateException("on purpose");
                        }))
        .hasMessage("on purpose");
    assertThat(db.count("SELECT count(*) FROM event_dedupe")).isZero();
  }

  @Test
  void what_is_not_committed_is_not_seen() {
    UUID task = Fixtures.createTestTask(db, "isolated", 60_000);
    db.db()
        .transaction(
            tx -> {
              tx.execute("UPDATE task SET title = 'changed' WHERE id = $1", Tuple.of(task));
              assertThat(db.query("SELECT title FROM task").get(0).getString(0))
                  .isEqualTo("isolated");
              return 0;
            });
    assertThat(db.query("SELECT title FROM task").get(0).getString(0)).isEqualTo("changed");
  }

  @Test
  void a_deadlock_is_tried_once_more() {
    AtomicInteger tries = new AtomicInteger();
    int answer =
        db.db()
            .transaction(
                tx -> {
                  if (tries.incrementAndGet() == 1) {
                    tx.execute(
                        "DO $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$",
                        Tuple.tuple());
                  }
                  return 7;
                });
    assertThat(answer).isEqualTo(7);
    assertThat(tries).hasValue(2);
  }

  @Test
  void payloads_can_be_queried() {
    UUID task = Fixtures.createTestTask(db, "payload", 60_000);
    assertThat(
            db.query(
                    "SELECT id FROM task WHERE payload @> '{\"pipeline\": [{\"uses\": \"echo-tool\"}]}'")
                .get(0)
                .getUUID(0))
        .isEqualTo(task);
    assertThat(
            db.query("SELECT payload #>> '{pipeline,0,with,message}' FROM task")
                .get(0)
                .getString(0))
        .isEqualTo("test");
  }

  @Test
  void due_tasks_are_found_by_their_index() {
    db.execute(
        """
        INSERT INTO task (title, schedule_kind, schedule_expr, next_run)
        SELECT 't', 'once', 'x', now() + i * interval '1 min' FROM generate_series(1, 20000) i""");
    String plan =
        String.join(
            "\n",
            db
                .query(
                    """
                    EXPLAIN SELECT id FROM task
                    WHERE status = 'active' AND last_emitted IS DISTINCT FROM next_run
                      AND overlap = 'allow' AND next_run <= now() + interval '2 s'
                    ORDER BY next_run LIMIT 500 FOR NO KEY UPDATE SKIP LOCKED""")
                .stream()
                .map(row -> row.getString(0))
                .toList());
    assertThat(plan).contains("task_due").doesNotContain("Sort");
  }

  @Test
  void look_ups_of_runs_read_only_the_partitions_that_can_hold_them() {
    String plan =
        String.join(
            "\n",
            db
                .query(
                    """
                    EXPLAIN SELECT * FROM task_run
                    WHERE id = '01890000-0000-7000-8000-000000000000'
                      AND created_at >= '2126-01-01T00:00:00Z'""")
                .stream()
                .map(row -> row.getString(0))
                .toList());
    assertThat(plan).doesNotContain("task_run_2026");
  }

  @Test
  void work_goes_on_after_every_connection_was_cut() {
    db.scheduler();
    db.runningWorker();
    runs(1);
    try {
      db.query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
              + " WHERE datname = current_database() AND pid <> pg_backend_pid()");
    } catch (DbException e) {
      // The connection that asked may be among those that are cut next.
    }
    runs(2);
  }

  private void runs(int expected) {
    await().ignoreExceptions().until(() -> Fixtures.createTestTask(db, "again", 0) != null);
    await().ignoreExceptions().until(() -> db.count("SELECT count(*) FROM task_run") >= expected);
  }

  @Test
  void a_truncate_under_running_services_does_no_harm() {
    db.scheduler();
    db.runningWorker();
    runs(1);
    await()
        .ignoreException(DbException.class)
        .until(
            () -> {
              db.execute("TRUNCATE task, task_run, due_work, run_log CASCADE");
              return true;
            });
    runs(1);
  }

  @Test
  void a_statement_that_takes_too_long_is_cut() {
    assertThatThrownBy(() -> db.query("SET statement_timeout = 100; SELECT pg_sleep(5)"))
        .isInstanceOf(DbException.class);
    assertThatThrownBy(
            () ->
                db.db()
                    .transaction(
                        tx -> {
                          tx.query(
                              "SELECT set_config('statement_timeout', '100', true)",
                              Tuple.tuple(),
                              r -> r);
                          return tx.query("SELECT pg_sleep(5)", Tuple.tuple(), r -> r);
                        }))
        .isInstanceOfSatisfying(DbException.class, e -> assertThat(e.is("57014")).isTrue());
  }
}

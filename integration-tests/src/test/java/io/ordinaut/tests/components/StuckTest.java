package io.ordinaut.tests.components;

import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.store.Statements;
import io.ordinaut.store.Stuck;
import io.ordinaut.store.Stuck.Kind;
import io.ordinaut.store.StuckTable;
import io.ordinaut.tests.utils.Harness;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class StuckTest {
  @AutoClose private final Harness db = new Harness();

  private Map<Kind, Long> stuck() {
    return StuckTable.find(db.db()).stream().collect(Collectors.toMap(Stuck::kind, Stuck::count));
  }

  private void worker(int capacity, int running) {
    db.execute(
        """
        INSERT INTO worker_heartbeat (worker_id, capacity, running)
        VALUES ('w', $1, $2)
        ON CONFLICT (worker_id) DO UPDATE SET capacity = $1, running = $2, seen_at = now()""",
        capacity,
        running);
  }

  private void waiting(int rows, String overdue) {
    waiting(db.db(), rows, overdue);
  }

  private static void waiting(Statements statements, int rows, String overdue) {
    statements.execute(
        """
        INSERT INTO due_work (run_at, created_at)
        SELECT at, at FROM generate_series(1, $1), LATERAL (SELECT now() - '%s'::interval AS at) t"""
            .formatted(overdue),
        Tuple.of(rows));
  }

  @Test
  void what_just_became_due_is_not_stuck() {
    // Within a transaction now() stands still.
    List<Stuck> found =
        db.db()
            .transaction(
                tx -> {
                  for (String statement :
                      List.of(
                          "INSERT INTO signal DEFAULT VALUES",
                          "INSERT INTO event (topic) VALUES ('a')",
                          "INSERT INTO task (title, schedule_kind, schedule_expr, next_run)"
                              + " VALUES ('t', 'once', 'x', now() - interval '30 s')",
                          "INSERT INTO due_work (status, locked_until)"
                              + " VALUES ('running', now() - interval '20 s')")) {
                    tx.execute(statement, Tuple.tuple());
                  }
                  waiting(tx, 3, "4 min");
                  return StuckTable.find(tx);
                });
    assertThat(found).isEmpty();
  }

  @Test
  void what_nobody_tends_to_is_found_and_each_kind_says_what_to_do() {
    db.execute("INSERT INTO signal (created_at) VALUES (now() - interval '2 min')");
    db.execute("INSERT INTO event (topic, occurred_at) VALUES ('a', now() - interval '2 min')");
    db.execute(
        """
        INSERT INTO task (title, schedule_kind, schedule_expr, next_run, updated_at, overlap)
        SELECT 't', 'once', 'x', now() - interval '2 min', now() - interval '1 h', overlap
        FROM unnest(ARRAY['allow', 'skip']) AS overlap""");
    waiting(3, "6 min");
    db.execute(
        """
        INSERT INTO due_work (status, locked_until, run_at, concurrency_key, concurrency_limit,
          created_at)
        SELECT *, run_at FROM (VALUES ('running', now() - interval '40 s', now(), NULL, NULL),
          ('running', now() + interval '1 h', now(), 'full', 1),
          ('pending', NULL, now() - interval '2 h', 'full', 1),
          ('pending', NULL, now() - interval '6 min', 'full', 1),
          ('pending', NULL, now() - interval '6 min', 'free', 1))
          AS w(status, locked_until, run_at, concurrency_key, concurrency_limit)""");
    assertThat(stuck())
        .isEqualTo(
            Map.of(
                Kind.LEASE_EXPIRED, 1L,
                Kind.WORK_UNCLAIMED, 4L,
                Kind.KEY_HELD, 1L,
                Kind.TASK_BEHIND, 2L,
                Kind.SIGNAL_WAITING, 1L,
                Kind.EVENT_WAITING, 1L));
    List<Stuck> all = StuckTable.find(db.db());
    assertThat(all).extracting(s -> s.kind().advice()).allMatch(advice -> advice.endsWith("."));
    assertThat(all)
        .filteredOn(s -> s.kind() == Kind.WORK_UNCLAIMED)
        .allMatch(s -> s.oldestSeconds() >= 360 && s.oldestSeconds() < 400);

    db.execute("UPDATE brake SET pulled_at = now()");
    assertThat(stuck()).as("it waits because somebody wants it to").isEmpty();
  }

  @Test
  void what_was_made_for_a_time_long_past_waits_since_it_was_made() {
    db.execute(
        """
        INSERT INTO due_work (run_at, concurrency_key, concurrency_limit)
        SELECT '2020-01-01Z', CASE i % 2 WHEN 0 THEN 'k' END, CASE i % 2 WHEN 0 THEN 1 END
        FROM generate_series(1, 6) i""");
    db.execute(
        """
        INSERT INTO due_work (status, locked_until, concurrency_key, concurrency_limit)
        VALUES ('running', now() + interval '1 h', 'k', 1)""");
    db.execute(
        "INSERT INTO task (title, schedule_kind, schedule_expr, next_run)"
            + " VALUES ('t', 'once', 'x', '2020-01-01Z')");
    assertThat(stuck()).isEmpty();
    db.execute("UPDATE due_work_open SET created_at = now() - interval '2 h'");
    db.execute("UPDATE task SET updated_at = now() - interval '2 h'");
    assertThat(StuckTable.find(db.db()))
        .allMatch(s -> s.oldestSeconds() < 7_300)
        .extracting(Stuck::kind)
        .containsExactly(Kind.KEY_HELD, Kind.TASK_BEHIND, Kind.WORK_UNCLAIMED);
  }

  @Test
  void a_backlog_that_workers_take_is_late_but_not_stuck() {
    waiting(3, "6 min");
    db.execute(
        """
        INSERT INTO due_work (run_at, created_at, concurrency_key, concurrency_limit)
        SELECT at, at, 'free', 5 FROM (SELECT now() - interval '6 min' AS at) t""");
    worker(2, 1);
    assertThat(stuck()).containsEntry(Kind.WORK_UNCLAIMED, 4L);
    db.execute(
        "INSERT INTO task_run (id, run_at, status) VALUES (gen_random_uuid(), now(), 'canceled')");
    assertThat(stuck()).as("no worker had it").containsEntry(Kind.WORK_UNCLAIMED, 4L);

    db.execute("UPDATE task_run SET worker_id = 'w'");
    assertThat(stuck()).as("one has just ended").isEmpty();
    db.execute("UPDATE task_run SET created_at = now() - interval '61 s'");
    assertThat(stuck()).containsEntry(Kind.WORK_UNCLAIMED, 4L);

    db.execute(
        """
        INSERT INTO due_work (status, locked_until, admitted_at)
        VALUES ('running', now() + interval '1 min', now())""");
    assertThat(stuck()).as("one has just begun").isEmpty();
    db.execute("UPDATE due_work_open SET admitted_at = now() - interval '61 s'");
    assertThat(stuck()).containsEntry(Kind.WORK_UNCLAIMED, 4L);
  }

  @Test
  void what_the_brake_held_up_waits_since_it_was_released() {
    waiting(3, "2 h");
    db.execute(
        """
        INSERT INTO due_work (status, locked_until, run_at, concurrency_key, concurrency_limit,
          created_at)
        SELECT *, run_at FROM (VALUES ('running', now() - interval '2 h', now(), 'full', 1),
          ('pending', NULL, now() - interval '2 h', 'full', 1))
          AS w(status, locked_until, run_at, concurrency_key, concurrency_limit)""");
    db.execute("INSERT INTO signal (created_at) VALUES (now() - interval '2 h')");
    db.execute("INSERT INTO event (topic, occurred_at) VALUES ('a', now() - interval '2 h')");
    db.execute(
        """
        INSERT INTO task (title, schedule_kind, schedule_expr, next_run, updated_at)
        VALUES ('t', 'once', 'x', now() - interval '2 h', now() - interval '2 h')""");
    assertThat(stuck()).hasSize(6);
    db.execute("UPDATE brake SET released_at = now() - interval '3 s'");
    assertThat(stuck()).isEmpty();
    db.execute("UPDATE brake SET released_at = now() - interval '10 min'");
    assertThat(StuckTable.find(db.db()))
        .allMatch(s -> s.oldestSeconds() >= 600 && s.oldestSeconds() < 660)
        .extracting(Stuck::kind)
        .contains(Kind.WORK_UNCLAIMED, Kind.LEASE_EXPIRED, Kind.SIGNAL_WAITING)
        .doesNotContain(Kind.KEY_HELD);
  }

  @Test
  void work_that_waits_for_busy_workers_is_late_but_not_stuck() {
    waiting(3, "6 min");
    worker(2, 2);
    assertThat(stuck()).isEmpty();
    worker(2, 1);
    assertThat(stuck()).containsEntry(Kind.WORK_UNCLAIMED, 3L);
    worker(2, 2);
    db.execute("UPDATE worker_heartbeat SET seen_at = now() - interval '16 s'");
    assertThat(stuck()).as("the worker is gone").containsEntry(Kind.WORK_UNCLAIMED, 3L);
  }
}

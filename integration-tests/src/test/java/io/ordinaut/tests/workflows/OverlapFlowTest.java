package io.ordinaut.tests.workflows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ordinaut.tests.utils.Fixtures;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.loop.Worker;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What happens when an occurrence meets a run that is still going, and under a shared key. */
class OverlapFlowTest {
  @AutoClose private final Harness db = new Harness();
  private final Worker worker = db.worker("w");

  private UUID everySecond(String overlap) {
    UUID id = Fixtures.createTestTask(db, overlap, 0);
    db.execute(
        """
        UPDATE task SET schedule_kind = 'cron', schedule_expr = '@every 1s', overlap = $2,
          schedule_anchor = date_trunc('second', now()), next_run = date_trunc('second', now())
        WHERE id = $1""",
        id,
        overlap);
    return id;
  }

  private long spans(String reason) {
    return db.count(
        "SELECT coalesce(sum(count), 0)::bigint FROM skipped_firing WHERE reason = $1", reason);
  }

  private void awaitNextOccurrence() {
    await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> db.count("SELECT count(*) FROM task WHERE next_run <= now()") == 1);
    db.tick().once();
  }

  @Test
  void skip_leaves_out_what_meets_a_run_that_is_still_going() {
    everySecond("skip");
    db.tick().once();
    Lease going = worker.lease(10).leases().get(0);
    awaitNextOccurrence();
    assertThat(worker.lease(10).leases()).isEmpty();
    assertThat(spans("overlap_skipped")).isGreaterThanOrEqualTo(1);
    worker.execute(going);
    awaitNextOccurrence();
    assertThat(worker.lease(10).leases()).hasSize(1);
  }

  private UUID workOf(UUID task, String cause, String status) {
    UUID id = UUID.randomUUID();
    db.execute(
        """
        INSERT INTO due_work (id, task_id, cause, status, locked_until, payload)
        VALUES ($1, $2, $3, $4, now() + interval '1 h', '{"pipeline": []}')""",
        id,
        task,
        cause,
        status);
    return id;
  }

  private long scheduled() {
    return db.count("SELECT count(*) FROM due_work_open WHERE cause = 'schedule'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"manual", "redrive", "backfill"})
  void skip_leaves_out_what_meets_a_run_of_any_other_cause(String cause) {
    UUID task = everySecond("skip");
    UUID going = workOf(task, cause, "running");
    db.tick().once();
    assertThat(scheduled()).isZero();
    assertThat(spans("overlap_skipped")).isGreaterThanOrEqualTo(1);
    db.execute("DELETE FROM due_work WHERE id = $1", going);
    awaitNextOccurrence();
    assertThat(scheduled()).isEqualTo(1);
  }

  @Test
  void a_backfill_that_waits_keeps_no_occurrence_from_firing() {
    workOf(everySecond("skip"), "backfill", "pending");
    db.tick().once();
    assertThat(scheduled()).isEqualTo(1);
  }

  @Test
  void cancel_running_stops_runs_of_any_cause_but_no_backfill_that_waits() {
    UUID task = everySecond("cancel_running");
    List<UUID> stopped =
        List.of(
            workOf(task, "manual", "running"),
            workOf(task, "manual", "pending"),
            workOf(task, "redrive", "running"),
            workOf(task, "backfill", "running"));
    UUID waiting = workOf(task, "backfill", "pending");
    UUID undoing = workOf(task, "redrive", "running");
    db.execute("UPDATE due_work SET phase = 'rollback' WHERE id = $1", undoing);
    db.tick().once();
    assertThat(stopped).allMatch(id -> db.work(id).getBoolean("cancel_requested"));
    assertThat(List.of(waiting, undoing))
        .noneMatch(id -> db.work(id).getBoolean("cancel_requested"));
    assertThat(scheduled()).isEqualTo(1);
  }

  @Test
  void buffer_one_lets_one_wait_and_no_more() {
    everySecond("buffer_one");
    db.tick().once();
    Lease going = worker.lease(10).leases().get(0);
    awaitNextOccurrence();
    assertThat(db.count("SELECT count(*) FROM due_work_open WHERE status = 'pending'"))
        .isEqualTo(1);
    assertThat(worker.lease(10).leases()).as("it waits for the other's end").isEmpty();
    awaitNextOccurrence();
    assertThat(db.count("SELECT count(*) FROM due_work_open")).isEqualTo(2);
    assertThat(spans("overlap_skipped")).isGreaterThanOrEqualTo(1);
    worker.execute(going);
    assertThat(worker.lease(10).leases()).hasSize(1);
  }

  @Test
  void cancel_running_stops_the_earlier_run_and_follows_it() {
    everySecond("cancel_running");
    db.tick().once();
    Lease going = worker.lease(10).leases().get(0);
    awaitNextOccurrence();
    assertThat(db.work(going.id()).getBoolean("cancel_requested")).isTrue();
    assertThat(worker.lease(10).leases()).as("it waits for the other's end").isEmpty();
    db.execute("UPDATE task SET status = 'paused'");
    db.execute(
        "UPDATE due_work_open SET status = 'pending', locked_until = NULL WHERE id = $1",
        going.id());
    List<Lease> first = worker.lease(10).leases();
    assertThat(first).hasSize(1);
    worker.execute(first.get(0));
    assertThat(db.count("SELECT count(*) FROM task_run WHERE status = 'canceled'")).isEqualTo(1);
    worker.lease(10).leases().forEach(worker::execute);
    assertThat(db.count("SELECT count(*) FROM task_run WHERE status = 'success'")).isEqualTo(1);
  }

  @Test
  void cancel_running_ends_an_earlier_run_that_waits() {
    everySecond("cancel_running");
    db.tick().once();
    Lease parked = worker.lease(10).leases().get(0);
    db.execute(
        """
        UPDATE due_work_open
        SET status = 'pending', locked_until = NULL, lease_token = NULL, started_at = now(),
          available_at = now() + interval '1 h'
        WHERE id = $1""",
        parked.id());
    awaitNextOccurrence();
    // The worker may end the run that waits first, or begin with the one that follows.
    List<Lease> first = worker.lease(10).leases();
    assertThat(first).as("the one that follows goes on").isNotEmpty();
    first.forEach(worker::execute);
    await()
        .until(
            () -> {
              worker.lease(10).leases().forEach(worker::execute);
              return db.count(
                      """
                      SELECT count(*) FROM task_run
                      WHERE status = CASE WHEN id = $1 THEN 'canceled' ELSE 'success' END""",
                      parked.id())
                  == 2;
            });
  }

  @Test
  void no_more_runs_of_a_key_go_on_at_once_than_its_limit() {
    db.execute(
        """
        INSERT INTO due_work (payload, concurrency_key, concurrency_limit)
        SELECT '{"pipeline": []}', 'key ' || i % 3, 2 FROM generate_series(1, 30) i""");
    Worker other = db.worker("other");
    List<Lease> one = worker.lease(4).leases();
    List<Lease> two = other.lease(10).leases();
    assertThat(one.size() + two.size()).isEqualTo(6);
    assertThat(
            db.count(
                """
                SELECT max(c) FROM (SELECT count(*) c FROM due_work_open
                WHERE status = 'running' GROUP BY concurrency_key) x"""))
        .isEqualTo(2);
    one.forEach(worker::execute);
    assertThat(other.lease(10).leases()).hasSize(one.size());
  }

  @Test
  void running_workers_never_exceed_the_limit_and_finish_all() {
    JsonObject slow =
        new JsonObject()
            .put("id", "slow")
            .put("uses", "failing-tool")
            .put("retry_count", 2)
            .put("retry_delay_seconds", 0.02);
    db.execute(
        """
        INSERT INTO due_work (payload, concurrency_key, concurrency_limit)
        SELECT $1, 'shared', 3 FROM generate_series(1, 60) i""",
        new JsonObject().put("pipeline", new JsonArray().add(slow)));
    db.runningWorker();
    db.runningWorker();
    db.runningWorker();
    await()
        .atMost(Duration.ofSeconds(25))
        .until(() -> db.count("SELECT count(*) FROM task_run") == 60);
    assertThat(
            db.count(
                """
                SELECT max((SELECT count(*) FROM task_run b
                  WHERE b.started_at <= a.started_at AND b.finished_at > a.started_at))
                FROM task_run a"""))
        .isBetween(2L, 3L);
  }
}

package io.ordinaut.tests.workflows;

import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.scheduler.check.Invariants;
import io.ordinaut.tests.utils.Fixtures;
import io.vertx.sqlclient.Row;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What a pause takes back, and what is made of it when the task goes on. */
class PauseFlowTest extends TaskBench {
  @Test
  void a_pause_takes_back_what_was_emitted_ahead() {
    UUID id = recurring("cron", "@every 1s", "1");
    db.tick().once();
    assertThat(work(id)).isNotEmpty();
    commands.pause(id);
    assertThat(work(id)).isEmpty();
    assertThat(task(id).getLong("runs_started")).isZero();
    db.tick().once();
    assertThat(work(id)).isEmpty();
  }

  @Test
  void taking_back_what_lies_behind_an_occurrence_that_is_owed_does_not_pass_that() {
    UUID id = recurring("cron", "@every 10s", "10");
    db.execute(
        """
        INSERT INTO due_work_open (task_id, run_at, status, payload, cause)
        SELECT id, next_run + interval '10 s', 'pending', '{}', 'schedule'
        FROM task WHERE id = $1""",
        id);
    Object owed = task(id).getValue("next_run");
    commands.pause(id);
    assertThat(work(id)).isEmpty();
    assertThat(task(id).getValue("next_run")).isEqualTo(owed);
  }

  @Test
  void resuming_records_the_pause_as_one_span() {
    UUID id = recurring("cron", "@every 60s", "-1800");
    db.execute("UPDATE task SET status = 'paused' WHERE id = $1", id);
    commands.resume(id);
    Row span = db.query("SELECT * FROM skipped_firing WHERE task_id = $1", id).get(0);
    assertThat(span.getString("reason")).isEqualTo("paused");
    assertThat(span.getLong("count")).isEqualTo(31);
    assertThat(task(id).getOffsetDateTime("next_run")).isAfter(span.getOffsetDateTime("to_at"));
    db.tick().once();
    assertThat(work(id)).isEmpty();
  }

  @Test
  void a_one_time_task_whose_time_fell_into_a_pause_fires_at_once() {
    UUID id = Fixtures.createTestTask(db, "once", 1_000);
    db.tick().once();
    commands.pause(id);
    assertThat(work(id)).isEmpty();
    db.execute("UPDATE task SET next_run = now() - interval '1 h' WHERE id = $1", id);
    commands.resume(id);
    db.tick().once();
    assertThat(work(id)).hasSize(1);
    assertThat(db.count("SELECT count(*) FROM skipped_firing")).isZero();
    runAll();
    assertThat(task(id).getString("status")).isEqualTo("completed");
  }

  @Test
  void so_is_one_of_which_an_earlier_run_goes_on_still() {
    // The last occurrence waits for a worker, or for its time, when the pause begins.
    for (String first : List.of("-11", "-8")) {
      UUID id = recurring("rrule", "FREQ=SECONDLY;INTERVAL=10;COUNT=2", first);
      db.tick().once();
      assertThat(db.worker("slow").lease(1).leases()).hasSize(1);
      commands.pause(id);
      db.execute(
          """
          UPDATE task SET next_run = next_run - interval '10 s',
            schedule_anchor = schedule_anchor - interval '10 s'
          WHERE id = $1""",
          id);
      commands.resume(id);
      assertThat(task(id).getString("status")).as(first).isEqualTo("completed");
    }
  }

  @Test
  void what_was_one_too_many_may_fire_when_another_was_taken_back() {
    UUID id = recurring("cron", "@every 1h", "-10800");
    db.execute("UPDATE task SET max_runs = 2, catch_up = 'all' WHERE id = $1", id);
    db.tick().once();
    assertThat(spans(id)).containsExactly("max_runs 2");
    commands.pause(id);
    assertThat(spans(id)).containsExactly("paused 1", "paused 1");
    commands.resume(id);
    assertThat(spans(id)).startsWith("paused 1", "paused 1", "paused 2");
    assertThat(new Invariants(db.db()).check()).isEmpty();
  }

  @Test
  void what_met_a_run_that_went_on_is_not_recorded_once_more_as_paused() {
    UUID id = recurring("cron", "@every 1h", "-14400");
    db.execute(
        "UPDATE task SET max_runs = 2, catch_up = 'all', overlap = 'buffer_one' WHERE id = $1", id);
    db.tick().once();
    assertThat(spans(id)).containsExactly("overlap_skipped 3");
    assertThat(db.worker("slow").lease(1).leases()).hasSize(1);
    commands.pause(id);
    commands.resume(id);
    assertThat(spans(id)).containsExactly("paused 1", "overlap_skipped 3");
    assertThat(task(id).getOffsetDateTime("next_run").toInstant()).isAfter(Instant.now());
    assertThat(new Invariants(db.db()).check()).isEmpty();
  }

  private List<String> spans(UUID id) {
    return db
        .query(
            "SELECT reason || ' ' || count FROM skipped_firing WHERE task_id = $1 ORDER BY from_at",
            id)
        .stream()
        .map(row -> row.getString(0))
        .toList();
  }

  @Test
  void a_task_whose_last_occurrence_fell_into_a_pause_is_completed() {
    UUID id = recurring("rrule", "FREQ=SECONDLY;COUNT=2", "-5");
    db.tick().once();
    assertThat(work(id)).hasSize(2);
    commands.pause(id);
    assertThat(task(id).getLong("runs_started")).isZero();
    assertThat(db.count("SELECT sum(count)::bigint FROM skipped_firing WHERE reason = 'paused'"))
        .isEqualTo(2);
    commands.resume(id);
    assertThat(task(id).getString("status")).isEqualTo("completed");
  }
}

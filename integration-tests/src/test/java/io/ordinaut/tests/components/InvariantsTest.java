package io.ordinaut.tests.components;

import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.scheduler.check.Finding;
import io.ordinaut.scheduler.check.Invariants;
import io.ordinaut.tests.utils.Fixtures;
import io.ordinaut.tests.utils.Harness;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** The checker finds what is broken on purpose, and nothing where nothing is. */
class InvariantsTest {
  @AutoClose private final Harness db = new Harness();

  private List<String> broken() {
    return new Invariants(db.db()).check().stream().map(Finding::invariant).distinct().toList();
  }

  private UUID hourly() {
    UUID id = Fixtures.createTestTask(db, "hourly", 0);
    db.execute(
        """
        UPDATE task SET schedule_kind = 'cron', schedule_expr = '@every 600s',
          schedule_anchor = date_trunc('second', now()) - interval '2 h',
          planned_from = date_trunc('second', now()) - interval '2 h',
          next_run = date_trunc('second', now()) - interval '110 min'
        WHERE id = $1""",
        id);
    db.tick().once();
    return id;
  }

  @Test
  void a_sound_database_has_no_findings() {
    hourly();
    Fixtures.createTestTask(db, "once", 0);
    db.tick().once();
    assertThat(broken()).isEmpty();
    db.worker("w").lease(10).leases().forEach(db.worker("x")::execute);
    assertThat(broken()).isEmpty();
  }

  @Test
  void an_occurrence_that_is_nowhere_is_found() {
    hourly();
    db.execute("DELETE FROM due_work_open");
    assertThat(broken()).contains("every occurrence is accounted for");
  }

  @Test
  void a_span_that_says_too_much_or_is_lost_is_found() {
    hourly();
    db.execute("UPDATE skipped_firing SET count = count + 1");
    assertThat(broken()).containsExactly("every occurrence is accounted for");
    db.execute("DELETE FROM skipped_firing");
    assertThat(broken()).containsExactly("every occurrence is accounted for");
  }

  @Test
  void what_is_doubled_is_found() {
    hourly();
    db.execute(
        """
        INSERT INTO due_work_done (id, task_id, run_at, status, finished_at, cause)
        SELECT gen_random_uuid(), task_id, run_at, 'completed', now(), cause
        FROM due_work_open""");
    assertThat(broken()).contains("an occurrence fires once", "what is done has a run");
    db.execute(
        "INSERT INTO task_run (id, run_at, status) SELECT id, run_at, 'success' FROM due_work_open");
    assertThat(broken()).contains("work is open or ended");
    db.execute(
        "INSERT INTO task_run (id, run_at, status) SELECT id, run_at, 'success' FROM due_work_open");
    assertThat(broken()).contains("a run ends once");
  }

  @Test
  void what_is_doubled_is_found_when_only_its_runs_are_left() {
    hourly();
    db.execute(
        """
        INSERT INTO task_run (id, task_id, run_at, status, cause)
        SELECT gen_random_uuid(), task_id, run_at, 'success', cause
        FROM due_work_open, generate_series(1, 2)""");
    db.execute("DELETE FROM due_work_open");
    assertThat(broken()).containsExactly("an occurrence fires once");
  }

  @Test
  void what_fired_and_is_recorded_as_skipped_is_found() {
    hourly();
    db.execute(
        """
        INSERT INTO skipped_firing (task_id, from_at, to_at, count, reason)
        SELECT task_id, run_at, run_at, 1, 'paused' FROM due_work_open""");
    assertThat(broken()).contains("fired or recorded never both");
    db.execute(
        "INSERT INTO skipped_firing (task_id, from_at, to_at, count, reason)"
            + " SELECT task_id, from_at, to_at, count, reason FROM skipped_firing");
    assertThat(broken()).contains("spans do not overlap");
  }

  @Test
  void what_is_stuck_is_found() {
    UUID id = hourly();
    db.execute(
        "UPDATE task SET next_run = (SELECT max(run_at) FROM due_work_open), last_emitted = NULL");
    assertThat(broken()).contains("the cursor is after what was emitted");
    db.execute("UPDATE task SET status = 'canceled', next_run = NULL WHERE id = $1", id);
    assertThat(broken()).contains("what is canceled does not wait");
    db.execute("DELETE FROM due_work_open");
    db.execute("UPDATE task SET status = 'active' WHERE id = $1", id);
    assertThat(broken()).contains("every task is settled");
  }

  @Test
  void an_event_that_started_a_task_twice_is_found() {
    UUID id = Fixtures.createTestTask(db, "listens", 600_000);
    db.execute(
        """
        INSERT INTO signal (task_id, cause, event)
        SELECT $1, 'event', '{"id": "one"}' FROM generate_series(1, 2)""",
        id);
    db.execute("INSERT INTO event (topic, position) SELECT 'a', 7 FROM generate_series(1, 2)");
    assertThat(broken())
        .containsExactlyInAnyOrder("an event starts a task once", "a position is given once");
  }
}

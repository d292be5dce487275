package io.ordinaut.tests.components;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ordinaut.scheduler.loop.SchedulerLoop;
import io.ordinaut.tests.utils.Fixtures;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.work.RunStatus;
import io.ordinaut.worker.lease.Claim;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.loop.Worker;
import io.ordinaut.worker.run.RunOutcome;
import io.vertx.sqlclient.Row;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class SchedulerWorkerTest {
  @AutoClose private final Harness db = new Harness();

  @Test
  void scheduler_creates_work_that_a_worker_executes() {
    Worker worker = db.worker("seed");
    UUID taskId = Fixtures.createTestTask(db, "due in a second", 1_000);

    assertThat(db.tick().once()).isEqualTo(1);

    List<Row> work = db.query("SELECT * FROM due_work WHERE task_id = $1", taskId);
    assertThat(work).hasSize(1);
    assertThat(work.get(0).getString("status")).isEqualTo("pending");
    assertThat(work.get(0).getBoolean("is_last")).isTrue();

    Lease lease =
        await()
            .until(() -> worker.lease(1).leases().stream().findFirst(), o -> o.isPresent())
            .get();
    assertThat(lease.taskId()).isEqualTo(taskId);
    assertThat(db.work(lease.id()).getString("status")).isEqualTo("running");
    assertThat(lease.leasedAt()).isAfterOrEqualTo(lease.runAt());

    assertThat(worker.execute(lease))
        .isInstanceOfSatisfying(
            RunOutcome.Ended.class, end -> assertThat(end.status()).isEqualTo(RunStatus.SUCCESS));

    Row done = db.work(lease.id());
    assertThat(done.getString("status")).isEqualTo("completed");
    assertThat(done.getOffsetDateTime("finished_at")).isNotNull();
    Row task = db.query("SELECT * FROM task WHERE id = $1", taskId).get(0);
    assertThat(task.getString("status")).isEqualTo("completed");
    assertThat(task.getOffsetDateTime("next_run")).isNull();
    assertThat(task.getLong("runs_started")).isEqualTo(1);
  }

  @Test
  void a_second_tick_emits_nothing_again() {
    UUID taskId = Fixtures.createTestTask(db, "once", 1_500);
    db.tick().once();
    db.tick().once();
    assertThat(db.count("SELECT count(*) FROM due_work WHERE task_id = $1", taskId)).isEqualTo(1);
  }

  @Test
  void a_task_beyond_the_look_ahead_waits() {
    UUID taskId = Fixtures.createTestTask(db, "later", 60_000);
    db.tick().once();
    assertThat(db.count("SELECT count(*) FROM due_work WHERE task_id = $1", taskId)).isZero();
    assertThat(db.tick().untilDue()).isLessThanOrEqualTo(Duration.ofSeconds(58));
  }

  @Test
  void an_empty_claim_says_when_more_is_due() throws Exception {
    try (Harness own = new Harness()) {
      Worker worker = own.worker("timer");
      OffsetDateTime due;
      OffsetDateTime before;
      Claim claim;
      OffsetDateTime after;
      // Again where it fell due meanwhile: that claim need not be empty.
      do {
        own.execute("DELETE FROM due_work");
        own.execute("INSERT INTO due_work (run_at) VALUES (now() + interval '900 ms')");
        due = own.query("SELECT run_at FROM due_work").get(0).getOffsetDateTime(0);
        before = own.clock();
        claim = worker.lease(1);
        after = own.clock();
      } while (!after.isBefore(due));
      assertThat(claim.leases()).isEmpty();
      assertThat(claim.untilNext())
          .isBetween(Duration.between(after, due), Duration.between(before, due));
    }
  }

  @Test
  void an_occurrence_that_was_emitted_before_still_moves_the_cursor() throws Exception {
    try (Harness own = new Harness()) {
      UUID taskId = Fixtures.createTestTask(own, "tripwire", 500);
      own.tick().once();
      own.execute("UPDATE task SET last_emitted = NULL WHERE id = $1", taskId);
      assertThat(own.tick().once()).isZero();
      assertThat(own.count("SELECT count(*) FROM due_work WHERE task_id = $1", taskId))
          .isEqualTo(1);
      assertThat(
              own.count(
                  "SELECT count(*) FROM task WHERE id = $1 AND last_emitted = next_run", taskId))
          .isEqualTo(1);
    }
  }

  @Test
  void work_that_the_database_refuses_fails_its_own_task_only() throws Exception {
    try (Harness own = new Harness()) {
      for (int i = 0; i < 20; i++) {
        Fixtures.createTestTask(own, i == 7 ? "refused" : "fine", 0);
      }
      refuseWork(own);
      await()
          .until(
              () -> {
                own.tick().once();
                return own.count("SELECT count(*) FROM due_work") == 19
                    && own.count("SELECT count(*) FROM task WHERE status = 'failed'") == 1;
              });
      Row failed = own.query("SELECT * FROM task WHERE status = 'failed'").get(0);
      assertThat(failed.getString("title")).isEqualTo("refused");
      assertThat(failed.getString("status_reason")).contains("no such work");
    }
  }

  @Test
  void two_that_tick_at_once_fail_none_but_those_whose_work_is_refused() throws Exception {
    try (Harness own = new Harness()) {
      for (int i = 0; i < 200; i++) {
        Fixtures.createTestTask(own, i % 10 == 7 ? "refused" : "fine", 0);
      }
      refuseWork(own);
      try (SchedulerLoop one = own.scheduler(Map.of("batch-size", "4"));
          SchedulerLoop other = own.scheduler(Map.of("batch-size", "4"))) {
        await()
            .atMost(Duration.ofSeconds(30))
            .until(
                () ->
                    own.count("SELECT count(*) FROM task WHERE next_run IS NULL") == 20
                        && own.count("SELECT count(*) FROM due_work") == 180);
      }
      assertThat(
              own.count(
                  "SELECT count(*) FROM task WHERE (title = 'refused') <> (status = 'failed')"))
          .isZero();
      assertThat(own.count("SELECT count(*) FROM due_work")).isEqualTo(180);
    }
  }

  /** From now on the database refuses the work of tasks with the title "refused". */
  private static void refuseWork(Harness own) {
    own.execute(
        """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $f$
        BEGIN
          IF EXISTS (SELECT FROM task WHERE id = NEW.task_id AND title = 'refused') THEN
            RAISE EXCEPTION 'no such work' USING ERRCODE = '22023';
          END IF;
          RETURN NEW;
        END $f$""");
    own.execute(
        "CREATE TRIGGER refuse BEFORE INSERT ON due_work_open FOR EACH ROW EXECUTE FUNCTION refuse()");
  }

  @Test
  void a_signal_becomes_work_under_its_own_id() throws Exception {
    try (Harness own = new Harness()) {
      UUID taskId = Fixtures.createTestTask(own, "signalled", 600_000);
      UUID signal = UUID.randomUUID();
      own.execute("INSERT INTO signal (id, task_id) VALUES ($1, $2)", signal, taskId);
      assertThat(own.tick().once()).isEqualTo(1);
      assertThat(own.work(signal).getString("cause")).isEqualTo("manual");
      Worker worker = own.worker("w");
      worker.execute(worker.lease(1).leases().get(0));
      assertThat(own.work(signal).getString("status")).isEqualTo("completed");
      assertThat(own.count("SELECT count(*) FROM task WHERE status = 'active'")).isEqualTo(1);
    }
  }
}

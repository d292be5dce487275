package io.ordinaut.tests.workflows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ordinaut.api.http.Problem;
import io.ordinaut.api.task.TimeCommands;
import io.ordinaut.failure.InvalidInputException;
import io.ordinaut.json.Json;
import io.ordinaut.store.DbException;
import io.ordinaut.tests.utils.Fixtures;
import io.ordinaut.worker.loop.Worker;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class SchedulingFlowTest extends TaskBench {
  @Test
  void a_recurring_task_advances_and_settles_after_its_last_run() {
    UUID id = recurring("rrule", "FREQ=SECONDLY;COUNT=3", "-1");
    db.tick().once();
    assertThat(work(id)).hasSize(3);
    assertThat(work(id).stream().map(row -> row.getBoolean("is_last")))
        .containsExactly(false, false, true);
    assertThat(task(id).getOffsetDateTime("next_run")).isNull();
    runAll();
    assertThat(task(id).getString("status")).isEqualTo("completed");
    assertThat(task(id).getLong("runs_started")).isEqualTo(3);
    assertThat(db.count("SELECT count(*) FROM task_run WHERE status = 'success'")).isEqualTo(3);
  }

  @Test
  void after_a_downtime_the_newest_fires_and_the_others_are_recorded() {
    UUID id = recurring("cron", "@every 60s", "-600");
    db.tick().once();
    assertThat(work(id)).hasSizeBetween(2, 3);
    Row span = db.query("SELECT * FROM skipped_firing WHERE task_id = $1", id).get(0);
    assertThat(span.getString("reason")).isEqualTo("coalesced");
    assertThat(span.getLong("count") + work(id).size()).isBetween(11L, 12L);
    assertThat(task(id).getOffsetDateTime("next_run"))
        .isAfter(task(id).getOffsetDateTime("last_run"));
  }

  @Test
  void after_days_nothing_of_the_past_fires() {
    UUID id = recurring("cron", "@every 36h", "-400000");
    db.tick().once();
    assertThat(work(id)).hasSizeLessThanOrEqualTo(1);
    assertThat(
            db.count("SELECT sum(count)::bigint FROM skipped_firing WHERE task_id = $1", id)
                + work(id).size())
        .isEqualTo(4);
  }

  @Test
  void an_edit_reaches_work_that_was_emitted_but_not_leased() {
    UUID ahead = Fixtures.createTestTask(db, "ahead", 60_000);
    UUID due = Fixtures.createTestTask(db, "due", 0);
    db.tick(Duration.ofMinutes(2)).once();
    assertThat(work(ahead)).as("emitted").hasSize(1);
    String patch =
        "{\"payload\": {\"pipeline\": [{\"id\": \"new\", \"uses\": \"echo-tool\"}]}, \"priority\": 2}";
    commands.edit(ahead, Json.read(patch), null);
    commands.edit(due, Json.read(patch), null);
    assertThat(work(ahead)).as("taken back, to be emitted anew").isEmpty();
    db.tick(Duration.ofMinutes(2)).once();
    for (UUID id : List.of(ahead, due)) {
      assertThat(work(id)).hasSize(1);
      assertThat(work(id).get(0).getInteger("priority")).isEqualTo(2);
      assertThat(work(id).get(0).getJsonObject("payload").getJsonArray("pipeline").encode())
          .contains("new");
    }
    db.execute("UPDATE due_work_open SET available_at = now()");
    runAll();
    assertThat(task(ahead).getString("status")).isEqualTo("completed");
    assertThat(task(due).getString("status")).isEqualTo("completed");
    assertThat(db.count("SELECT count(*) FROM task_run")).isEqualTo(2);
  }

  @Test
  void an_edit_moves_work_that_waits_to_the_key_of_its_task() {
    UUID shared = Fixtures.createTestTask(db, "shared", 0);
    UUID alone = recurring("cron", "@every 1h", "0");
    db.tick().once();
    db.execute(
        "UPDATE task SET concurrency_key = 'gpu', concurrency_limit = 3 WHERE id = $1", shared);
    commands.edit(shared, Json.read("{\"title\": \"on the gpu\"}"), null);
    commands.edit(alone, Json.read("{\"overlap\": \"buffer_one\"}"), null);
    assertThat(work(shared)).hasSize(1);
    assertThat(work(shared).get(0).getString("concurrency_key")).isEqualTo("gpu");
    assertThat(work(shared).get(0).getInteger("concurrency_limit")).isEqualTo(3);
    assertThat(work(alone)).hasSize(1);
    assertThat(work(alone).get(0).getString("concurrency_key")).isEqualTo("task:" + alone);
    assertThat(work(alone).get(0).getInteger("concurrency_limit")).isEqualTo(1);
  }

  @Test
  void a_backfill_leaves_out_what_the_cursor_still_owes() {
    UUID id = recurring("cron", "@every 60s", "-1200");
    db.execute("UPDATE task SET next_run = next_run + interval '10 min' WHERE id = $1", id);
    Instant cursor = task(id).getOffsetDateTime("next_run").toInstant();
    TimeCommands.Backfill past =
        new TimeCommands.Backfill(
            cursor.minusSeconds(300), cursor.plusSeconds(300), 100, false, false);
    List<Instant> made = new TimeCommands(db.db(), db.nudges()).backfill(id, past).occurrences();
    assertThat(made).hasSize(5).allMatch(cursor::isAfter);
    db.tick().once();
    assertThat(work(id)).extracting(row -> row.getOffsetDateTime("run_at")).doesNotHaveDuplicates();
  }

  @Test
  void a_backfill_does_not_guess_what_fired_before_runs_are_kept() {
    UUID id = recurring("cron", "0 0 * * *", "0");
    db.execute("UPDATE task SET created_at = now() - interval '200 days' WHERE id = $1", id);
    Instant now = db.clock().toInstant();
    TimeCommands time = new TimeCommands(db.db(), db.nudges());
    assertThat(time.backfill(id, days(now, 150, 149, false)).occurrences())
        .as("nothing was removed yet")
        .hasSize(1);
    db.retention().once();

    for (int to : List.of(149, 10)) {
      assertThatThrownBy(() -> time.backfill(id, days(now, 150, to, false)))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageStartingWith("from: must be at or after ")
          .hasMessageContaining("what fired before that is not known any more");
    }
    assertThatThrownBy(() -> time.backfill(id, days(now, 300, 10, false)))
        .as("from before the task was there")
        .isInstanceOf(InvalidInputException.class);
    assertThat(time.backfill(id, days(now, 150, 149, true)).occurrences()).hasSize(1);
    assertThat(time.backfill(id, days(now, 80, 70, false)).occurrences()).hasSize(10);
    assertThat(time.backfill(id, days(now, 300, 299, false)).occurrences())
        .as("before the task was there it fired nothing")
        .hasSize(1);
  }

  /** A look at a stretch of past days, which holds as many daily occurrences. */
  private static TimeCommands.Backfill days(Instant now, int from, int to, boolean force) {
    return new TimeCommands.Backfill(
        now.minus(Duration.ofDays(from)),
        now.minus(Duration.ofDays(to)).minusNanos(1_000),
        1_000,
        true,
        force);
  }

  @Test
  void a_backfill_of_a_one_time_task_that_is_still_owed_finds_nothing() {
    UUID id = Fixtures.createTestTask(db, "owed", -60_000);
    Instant due = task(id).getOffsetDateTime("next_run").toInstant();
    TimeCommands time = new TimeCommands(db.db(), db.nudges());
    TimeCommands.Backfill past =
        new TimeCommands.Backfill(due.minusSeconds(1), due.plusSeconds(1), 10, true, false);
    assertThat(time.backfill(id, past).occurrences()).isEmpty();
    commands.pause(id);
    assertThat(time.backfill(id, past).occurrences()).as("a pause puts it off").isEmpty();
    commands.resume(id);
    db.tick().once();
    assertThat(work(id)).hasSize(1);
  }

  @Test
  void a_run_of_the_old_schedule_does_not_settle_the_new_one() {
    UUID id = Fixtures.createTestTask(db, "edited", 0);
    db.tick().once();
    Worker worker = db.worker("slow");
    var lease = worker.lease(1).leases().get(0);
    commands.edit(id, Json.read("{\"schedule_expr\": \"2099-01-01T00:00:00Z\"}"), null);
    worker.execute(lease);
    assertThat(task(id).getString("status")).isEqualTo("active");
    assertThat(task(id).getOffsetDateTime("next_run").getYear()).isEqualTo(2099);
  }

  private void refusesToFireAgain(UUID id, Instant at) {
    assertThatThrownBy(() -> editTime(id, at))
        .isInstanceOfSatisfying(
            Problem.class, problem -> assertThat(problem.status()).isEqualTo(409))
        .hasMessageContaining("fired for " + at);
  }

  private void editTime(UUID id, Instant at) {
    commands.edit(id, Json.read("{\"schedule_expr\": \"" + at + "\"}"), null);
  }

  private Instant nextRun(UUID id) {
    return task(id).getOffsetDateTime("next_run").toInstant();
  }

  /** Runs what is due once: it parks in its delay. */
  private void park() {
    db.tick().once();
    db.worker("parks").lease(10).leases().forEach(db.worker("parks")::execute);
  }

  @Test
  void a_one_time_task_does_not_go_back_to_a_time_whose_run_is_parked() {
    JsonObject delay =
        new JsonObject()
            .put("id", "wait")
            .put("uses", "delay")
            .put("with", new JsonObject().put("seconds", 3_600));
    UUID id = Fixtures.createTask(db, "parked", 0, new JsonArray().add(delay));
    Instant first = nextRun(id);
    park();
    Instant second = first.plusMillis(1);
    editTime(id, second);
    park();
    refusesToFireAgain(id, first);
    assertThat(nextRun(id)).isEqualTo(second);
    editTime(id, second);
    db.tick().once();
    assertThat(work(id)).hasSize(2);
    db.execute("UPDATE due_work_open SET available_at = now()");
    runAll();
    assertThat(task(id).getString("status")).isEqualTo("completed");
  }

  @Test
  void a_one_time_task_does_not_go_back_to_a_time_whose_run_goes_on_or_has_ended() {
    UUID id = Fixtures.createTestTask(db, "ended", 0);
    Instant first = nextRun(id);
    db.tick().once();
    Worker worker = db.worker("slow");
    var lease = worker.lease(1).leases().get(0);
    Instant later = Instant.parse("2099-01-01T00:00:00Z");
    editTime(id, later);
    refusesToFireAgain(id, first);
    worker.execute(lease);
    refusesToFireAgain(id, first);
    Instant other = first.plusMillis(1);
    editTime(id, other);
    refusesToFireAgain(id, first);
    assertThat(nextRun(id)).isEqualTo(other);
    db.tick().once();
    runAll();
    assertThat(task(id).getString("status")).isEqualTo("completed");
    assertThat(db.count("SELECT count(*) FROM task_run")).isEqualTo(2);
  }

  @Test
  void work_that_was_there_before_its_emission_settles_the_task() {
    UUID id = Fixtures.createTestTask(db, "met", 0);
    db.tick().once();
    db.execute("UPDATE due_work_open SET is_last = false");
    db.execute("UPDATE task SET last_emitted = NULL");
    assertThat(db.tick().once()).as("nothing was put in place").isZero();
    assertThat(work(id)).hasSize(1);
    runAll();
    assertThat(task(id).getString("status")).isEqualTo("completed");
  }

  @Test
  void purging_a_running_task_leaves_nothing_behind() {
    UUID id = Fixtures.createTestTask(db, "purged", 0);
    db.tick().once();
    Worker worker = db.worker("slow");
    var lease = worker.lease(1).leases().get(0);
    commands.purge(id);
    worker.execute(lease);
    assertThat(db.count("SELECT count(*) FROM due_work")).isZero();
    assertThat(db.count("SELECT count(*) FROM task_run")).isZero();
    assertThat(db.count("SELECT count(*) FROM run_log")).isZero();
  }

  @Test
  void a_task_whose_history_can_not_be_removed_is_canceled_all_the_same() {
    UUID id = recurring("cron", "@every 1s", "1");
    db.tick().once();
    db.execute(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'no'; END$$");
    db.execute("CREATE TRIGGER fail BEFORE DELETE ON task EXECUTE FUNCTION fail()");
    assertThatThrownBy(() -> commands.purge(id)).isInstanceOf(DbException.class);
    assertThat(task(id).getString("status")).isEqualTo("canceled");
    assertThat(db.count("SELECT count(*) FROM due_work_open")).isZero();
  }

  @Test
  void canceling_ends_what_waits_and_leaves_a_run_that_says_so() {
    UUID id = Fixtures.createTestTask(db, "canceled", 0);
    db.tick().once();
    commands.runNow(id, null);
    commands.cancel(id);
    assertThat(db.count("SELECT count(*) FROM due_work_open")).isZero();
    assertThat(db.count("SELECT count(*) FROM signal")).isZero();
    assertThat(db.count("SELECT count(*) FROM task_run WHERE status = 'canceled'")).isEqualTo(2);
    assertThat(work(id).stream().map(row -> row.getString("status"))).containsOnly("canceled");
  }

  @Test
  void a_task_that_can_not_be_read_fails_alone() {
    UUID broken = recurring("cron", "@every 1s", "0");
    db.execute("UPDATE task SET timezone = 'Mars/Olympus' WHERE id = $1", broken);
    UUID fine = Fixtures.createTestTask(db, "fine", 0);
    db.tick().once();
    assertThat(task(broken).getString("status")).isEqualTo("failed");
    assertThat(task(broken).getString("status_reason")).contains("Mars/Olympus");
    assertThat(work(fine)).hasSize(1);
  }
}

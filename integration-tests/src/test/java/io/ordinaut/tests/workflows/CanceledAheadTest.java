package io.ordinaut.tests.workflows;

import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.api.run.RunCommands;
import io.ordinaut.api.task.TaskCommands;
import io.ordinaut.api.task.TimeCommands;
import io.ordinaut.json.Json;
import io.ordinaut.scheduler.check.Invariants;
import io.ordinaut.tests.utils.Fixtures;
import io.ordinaut.tests.utils.Harness;
import io.vertx.sqlclient.Row;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A run that was canceled before its time came: its occurrence has fired, whatever sets the cursor
 * back behind it. The task has six occurrences within the look-ahead, ten seconds apart, of which
 * none is due while a test lasts.
 */
class CanceledAheadTest {
  private static final Duration LOOK_AHEAD = Duration.ofSeconds(70);
  private static final TimeCommands.Snooze AN_HOUR =
      new TimeCommands.Snooze(Duration.ofHours(1), null, null);

  @AutoClose private final Harness db = new Harness();
  private final TaskCommands commands = new TaskCommands(db.db(), db.nudges());
  private final TimeCommands time = new TimeCommands(db.db(), db.nudges());
  private final RunCommands runs = new RunCommands(db.db(), db.nudges());
  private final UUID task = Fixtures.createTestTask(db, "ahead", 0);
  private List<Instant> times;

  @BeforeEach
  void emit_ahead_and_cancel() {
    db.execute(
        """
        UPDATE task SET schedule_kind = 'cron', schedule_expr = '*/10 * * * * *',
          schedule_anchor = date_trunc('minute', now()), planned_from = first - interval '5 s',
          next_run = first
        FROM (SELECT date_bin('10 s', now() + interval '20 s', '2020-01-01')) AS bin(first)
        WHERE id = $1""",
        task);
    tick();
    times = waiting();
    assertThat(times).hasSizeBetween(6, 7);
    cancel(1);
    cancel(3);
  }

  @AfterEach
  void every_occurrence_is_accounted_for() {
    assertThat(new Invariants(db.db()).check()).isEmpty();
  }

  private void tick() {
    db.tick(LOOK_AHEAD).once();
  }

  private void cancel(int which) {
    runs.cancel(
        db.query(
                "SELECT id FROM due_work_open WHERE task_id = $1 AND run_at = $2",
                task,
                times.get(which).atOffset(ZoneOffset.UTC))
            .get(0)
            .getUUID("id"));
  }

  private void edit(String patch) {
    commands.edit(task, Json.read(patch), null);
  }

  private List<Instant> waiting() {
    return db
        .query("SELECT run_at FROM due_work_open WHERE task_id = $1 ORDER BY run_at", task)
        .stream()
        .map(row -> row.getOffsetDateTime("run_at").toInstant())
        .toList();
  }

  private Row row() {
    return db.query("SELECT * FROM task WHERE id = $1", task).get(0);
  }

  private Instant cursor() {
    return row().getOffsetDateTime("next_run").toInstant();
  }

  private void fireAllButTheCanceled() {
    tick();
    assertThat(waiting()).contains(times.get(0), times.get(2), times.get(4), times.get(5));
    assertThat(waiting()).doesNotContain(times.get(1), times.get(3)).doesNotHaveDuplicates();
    assertThat(row().getLong("runs_started")).isEqualTo(waiting().size() + 2L);
  }

  @Test
  void an_edit_of_what_is_done_does_not_bring_it_back() {
    edit("{\"description\": \"other\"}");
    assertThat(waiting()).isEmpty();
    fireAllButTheCanceled();
  }

  @Test
  void a_pause_does_not_bring_it_back() {
    commands.pause(task);
    assertThat(waiting()).isEmpty();
    commands.resume(task);
    fireAllButTheCanceled();
  }

  @Test
  void neither_do_turns_that_see_less_at_a_time() {
    commands.pause(task);
    commands.resume(task);
    for (int i = 0; i < times.size(); i++) {
      Duration soFar = Duration.between(Instant.now(), times.get(i)).plusMillis(100);
      db.tick(soFar.isNegative() ? Duration.ZERO : soFar).once();
    }
    fireAllButTheCanceled();
  }

  @Test
  void another_schedule_with_the_same_times_does_not_bring_it_back() {
    edit("{\"schedule_expr\": \"*/5 * * * * *\"}");
    fireAllButTheCanceled();
    assertThat(waiting()).hasSizeGreaterThanOrEqualTo(9);
  }

  @Test
  void a_snooze_does_not_take_it() {
    edit("{\"description\": \"other\"}");
    assertThat(time.snooze(task, AN_HOUR).runAt()).isEqualTo(times.get(0));
    assertThat(cursor()).isEqualTo(times.get(2));
    db.tick(LOOK_AHEAD).once();
    assertThat(waiting()).doesNotContain(times.get(1), times.get(3));
  }

  @Test
  void what_was_put_off_long_before_its_time_and_canceled_does_not_fire_again() {
    assertThatItDoesNotFireAgain(putOffAndCancel());
  }

  @Test
  void what_was_canceled_longer_before_its_time_than_runs_are_kept_does_not_fire_again() {
    Canceled canceled = putOffAndCancel();
    wasCanceled(canceled, "100 days");
    assertThat(db.retention().once()).isTrue();
    assertThatItDoesNotFireAgain(canceled);
  }

  @Test
  void what_was_canceled_before_the_plan_of_today_is_accounted_for() {
    wasCanceled(putOffAndCancel(), "2 hours");
  }

  /** An occurrence of a task that was put off, and its run canceled. */
  private record Canceled(UUID task, OffsetDateTime anchor, TimeCommands.Snoozed putOff) {}

  /** It was due in more than five hours. */
  private Canceled putOffAndCancel() {
    // The hourly occurrences are half an hour away from now: none falls due meanwhile.
    OffsetDateTime anchor =
        OffsetDateTime.now(ZoneOffset.UTC).truncatedTo(ChronoUnit.MINUTES).minusMinutes(30);
    UUID daily = Fixtures.createTestTask(db, "daily", 0);
    db.execute(
        """
        UPDATE task SET schedule_kind = 'cron', schedule_expr = '@every 6h',
          schedule_anchor = $2, planned_from = now(), next_run = $2 + interval '6 h'
        WHERE id = $1""",
        daily,
        anchor);
    TimeCommands.Snoozed putOff = time.snooze(daily, AN_HOUR);
    runs.cancel(putOff.workId());
    return new Canceled(daily, anchor, putOff);
  }

  private void wasCanceled(Canceled canceled, String ago) {
    UUID run = canceled.putOff().workId();
    String then = "created_at - interval '%s'".formatted(ago);
    db.query(
        "SELECT ordinaut_ensure_partition('task_run', 'week', %s) FROM task_run WHERE id = $1"
            .formatted(then),
        run);
    db.execute("UPDATE task_run SET created_at = %s WHERE id = $1".formatted(then), run);
  }

  private void assertThatItDoesNotFireAgain(Canceled canceled) {
    UUID daily = canceled.task();
    TimeCommands.Snoozed putOff = canceled.putOff();
    String hourly = canceled.anchor().getMinute() + " * * * *";
    commands.edit(daily, Json.read("{\"schedule_expr\": \"" + hourly + "\"}"), null);
    for (int hours = 1; hours <= 8; hours++) {
      db.tick(Duration.ofHours(hours)).once();
    }
    assertThat(
            db.query("SELECT run_at FROM due_work_open WHERE task_id = $1", daily).stream()
                .map(row -> row.getOffsetDateTime("run_at").toInstant()))
        .hasSize(7)
        .doesNotContain(putOff.runAt());
    assertThat(
            time.backfill(
                    daily,
                    new TimeCommands.Backfill(
                        Instant.now().minusSeconds(60), Instant.now(), 10, true, false))
                .occurrences())
        .isEmpty();
  }

  @Test
  void the_last_that_fires_settles_the_task() {
    edit("{\"starts_at\": \"%s\", \"ends_at\": \"%s\"}".formatted(times.get(0), times.get(3)));
    tick();
    assertThat(waiting()).containsExactly(times.get(0), times.get(2));
    assertThat(
            db.count(
                "SELECT count(*) FROM due_work_open WHERE task_id = $1 AND is_last AND run_at = $2",
                task,
                times.get(2).atOffset(ZoneOffset.UTC)))
        .isEqualTo(1);
    assertThat(row().getOffsetDateTime("next_run")).isNull();
  }

  @Test
  void a_pause_over_its_time_is_recorded_around_it() {
    commands.pause(task);
    later(LOOK_AHEAD.multipliedBy(10));
    commands.resume(task);
    assertThat(
            db.query("SELECT count FROM skipped_firing WHERE task_id = $1 ORDER BY from_at", task))
        .extracting(span -> span.getInteger("count"))
        .startsWith(1, 1)
        .hasSize(3);
  }

  @Test
  void a_pause_that_ends_before_its_time_goes_on_after_it() {
    commands.pause(task);
    Duration passed = later(Duration.between(Instant.now(), times.get(0)));
    commands.resume(task);
    assertThat(cursor()).isEqualTo(times.get(2).minus(passed));
  }

  @Test
  void what_was_missed_is_recorded_around_it() {
    edit("{\"catch_up\": \"none\"}");
    later(LOOK_AHEAD.multipliedBy(10));
    tick();
    assertThat(
            db.query("SELECT count FROM skipped_firing WHERE task_id = $1 ORDER BY from_at", task))
        .extracting(span -> span.getInteger("count"))
        .startsWith(1, 1)
        .hasSize(3);
  }

  /** At least so much time goes by, in steps of ten seconds: all that is stored moves back. */
  private Duration later(Duration atLeast) {
    Duration passed = Duration.ofSeconds(atLeast.toSeconds() / 10 * 10 + 10);
    String seconds = "interval '%d s'".formatted(passed.toSeconds());
    db.execute(
        """
        UPDATE task
        SET next_run = next_run - s, last_run = last_run - s, planned_from = planned_from - s
        FROM (SELECT %s) later(s) WHERE id = $1"""
            .formatted(seconds),
        task);
    for (String table : List.of("task_run", "due_work_done")) {
      db.execute(
          "UPDATE %s SET run_at = run_at - %s WHERE task_id = $1".formatted(table, seconds), task);
    }
    return passed;
  }
}

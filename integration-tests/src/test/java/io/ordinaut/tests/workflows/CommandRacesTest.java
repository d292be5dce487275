package io.ordinaut.tests.workflows;

import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.api.http.Problem;
import io.ordinaut.api.task.TaskCommands;
import io.ordinaut.api.task.TimeCommands;
import io.ordinaut.failure.InvalidInputException;
import io.ordinaut.json.Json;
import io.ordinaut.scheduler.check.Invariants;
import io.ordinaut.scheduler.tick.Tick;
import io.ordinaut.tests.utils.BestOfThree;
import io.ordinaut.tests.utils.Fixtures;
import io.ordinaut.tests.utils.Harness;
import io.vertx.sqlclient.Row;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Commands that meet each other and the scheduler: whichever wins, nothing is lost or doubled. */
class CommandRacesTest {
  private static final TimeCommands.Snooze TWENTY_SECONDS =
      new TimeCommands.Snooze(Duration.ofSeconds(20), null, null);

  @AutoClose private final Harness db = new Harness();
  private final TaskCommands commands = new TaskCommands(db.db(), db.nudges());
  private final TimeCommands time = new TimeCommands(db.db(), db.nudges());

  @AutoClose("shutdownNow")
  private final ExecutorService threads = Executors.newFixedThreadPool(8);

  private UUID task(String kind, String expression, String next) {
    UUID id = Fixtures.createTestTask(db, expression, 0);
    db.execute(
        """
        UPDATE task SET schedule_kind = $2, schedule_expr = $3,
          schedule_anchor = date_trunc('second', now()), planned_from = now(),
          next_run = date_trunc('second', now()) + $4::text::interval
        WHERE id = $1""",
        id,
        kind,
        expression,
        next);
    return id;
  }

  private Row row(UUID id) {
    return db.query("SELECT *, now() AS now FROM task WHERE id = $1", id).get(0);
  }

  @Test
  void snoozes_at_once_lose_no_occurrence() {
    UUID id = task("cron", "@every 1s", "1 s");
    List<CompletableFuture<UUID>> snoozes = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      snoozes.add(
          CompletableFuture.supplyAsync(() -> time.snooze(id, TWENTY_SECONDS).workId(), threads));
    }
    Set<UUID> promised = new HashSet<>();
    snoozes.forEach(snooze -> promised.add(snooze.join()));
    db.tick().once();
    assertThat(db.query("SELECT id FROM due_work_open WHERE trigger_data ? 'snooze'"))
        .extracting(work -> work.getUUID("id"))
        .containsExactlyInAnyOrderElementsOf(promised);
    assertThat(new Invariants(db.db()).check()).isEmpty();
  }

  @Test
  void commands_and_ticks_at_once_leave_every_occurrence_accounted_for() {
    UUID id = task("cron", "@every 1s", "1 s");
    long end = System.nanoTime() + Duration.ofSeconds(4).toNanos();
    List<CompletableFuture<Void>> users = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      Random random = new Random(i);
      users.add(
          CompletableFuture.runAsync(
              () -> {
                while (System.nanoTime() < end) {
                  command(id, random.nextInt(10));
                }
              },
              threads));
    }
    Tick tick = db.tick();
    while (System.nanoTime() < end) {
      tick.once();
    }
    users.forEach(CompletableFuture::join);
    commands.resume(id);
    tick.once();
    assertThat(new Invariants(db.db()).check()).isEmpty();
  }

  private void command(UUID id, int what) {
    try {
      if (what < 4) {
        commands.pause(id);
      } else if (what < 8) {
        commands.resume(id);
      } else if (what < 9) {
        time.snooze(id, TWENTY_SECONDS);
      } else {
        commands.edit(id, Json.read("{\"description\": \"again\"}"), null);
      }
    } catch (Problem | InvalidInputException e) {
      // A paused task can't be snoozed, as it says.
    }
  }

  @Test
  void an_edit_of_the_schedule_keeps_what_was_taken_back() {
    // Half a year away, so that it does not come meanwhile.
    OffsetDateTime next =
        OffsetDateTime.now(ZoneOffset.UTC)
            .truncatedTo(ChronoUnit.DAYS)
            .withDayOfMonth(1)
            .plusMonths(6);
    UUID id = task("cron", "0 0 1 " + next.getMonthValue() + " *", "1 s");
    db.execute("UPDATE task SET next_run = $2 WHERE id = $1", id, next);
    time.snooze(id, TWENTY_SECONDS);
    commands.pause(id);
    commands.resume(id);
    assertThat(row(id).getOffsetDateTime("next_run")).isEqualTo(next);
    commands.edit(id, Json.read("{\"dst_gap\": \"skip\"}"), null);
    assertThat(row(id).getOffsetDateTime("next_run")).isEqualTo(next);
  }

  @Test
  void an_edit_that_leaves_the_schedule_alone_leaves_a_snooze_alone() {
    UUID id = task("cron", "0 0 1 1 *", "90 days");
    UUID work = time.snooze(id, TWENTY_SECONDS).workId();
    db.tick().once();
    commands.edit(id, Json.read("{\"title\": \"new\", \"priority\": 2}"), null);
    assertThat(db.work(work).getShort("priority")).isEqualTo((short) 2);
    assertThat(db.work(work).getOffsetDateTime("available_at"))
        .isAfter(db.work(work).getOffsetDateTime("run_at"));
  }

  @Test
  void a_long_pause_of_a_task_of_seconds_is_resumed_and_edited_at_once() throws Exception {
    Duration atOnce = Duration.ofSeconds(8);
    assertThat(BestOfThree.of(atOnce, this::editingAndResumingALongPause)).isLessThan(atOnce);
  }

  private Duration editingAndResumingALongPause() {
    UUID id = task("cron", "* * * * * *", "-180 days");
    db.execute("UPDATE task SET status = 'paused' WHERE id = $1", id);
    long begun = System.nanoTime();
    commands.edit(id, Json.read("{\"schedule_expr\": \"*/2 * * * * *\"}"), null);
    OffsetDateTime before = row(id).getOffsetDateTime("now");
    commands.resume(id);
    Duration took = Duration.ofNanos(System.nanoTime() - begun);
    assertThat(row(id).getOffsetDateTime("next_run")).isAfter(before);
    assertThat(db.count("SELECT sum(count)::bigint FROM skipped_firing WHERE task_id = $1", id))
        .isBetween(180L * 86_400, 180L * 86_400 + 60);
    return took;
  }

  @Test
  void a_pause_that_takes_back_the_last_allowed_run_leaves_it_allowed() {
    UUID id = task("cron", "@every 1s", "0 s");
    db.execute("UPDATE task SET max_runs = 1 WHERE id = $1", id);
    db.tick().once();
    assertThat(row(id).getOffsetDateTime("next_run")).isNull();
    commands.pause(id);
    assertThat(row(id).getLong("runs_started")).isZero();
    commands.resume(id);
    assertThat(row(id).getString("status")).isEqualTo("active");
    assertThat(row(id).getOffsetDateTime("next_run")).isNotNull();
  }

  @Test
  void what_was_put_off_is_in_nobodys_way() {
    UUID id = task("cron", "@every 1s", "0 s");
    db.execute("UPDATE task SET overlap = 'cancel_running' WHERE id = $1", id);
    UUID work = time.snooze(id, TWENTY_SECONDS).workId();
    db.tick().once();
    db.execute("UPDATE task SET next_run = now() WHERE id = $1", id);
    db.tick().once();
    assertThat(db.work(work).getBoolean("cancel_requested")).isFalse();
    assertThat(db.count("SELECT count(*) FROM due_work_open WHERE NOT cancel_requested"))
        .isEqualTo(2);
  }
}

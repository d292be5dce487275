package io.ordinaut.tests.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.api.http.Problem;
import io.ordinaut.api.run.RunCommands;
import io.ordinaut.api.task.TaskCommands;
import io.ordinaut.api.task.TimeCommands;
import io.ordinaut.json.Json;
import io.ordinaut.scheduler.check.Invariants;
import io.ordinaut.scheduler.tick.Tick;
import io.ordinaut.task.TaskDraft;
import io.ordinaut.tests.utils.Backends;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.tests.utils.SimulatedClock;
import io.ordinaut.worker.loop.Worker;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Months of a scheduler's life, stepped by a hand-driven clock: due times, downtimes, commands and
 * races between them. Afterwards every occurrence must be accounted for.
 */
@Isolated("It is all work, and its time is promised.")
class SimulatedTimeTest {
  private static final int TASKS = Integer.getInteger("ordinaut.simulation.tasks", 200);
  private static final int DAYS = Integer.getInteger("ordinaut.simulation.days", 90);
  private static final long SEED = Long.getLong("ordinaut.simulation.seed", 7);

  /** Clocks go back in Europe and North America in the weeks that follow. */
  private static final Instant START = Instant.parse("2025-10-15T00:00:00Z");

  private static final String[][] SCHEDULES = {
    {"cron", "0 6 * * *"},
    {"cron", "30 2 * * *"},
    {"cron", "30 1 * * MON-FRI"},
    {"cron", "0 */6 * * *"},
    {"cron", "*/20 */12 * * *"},
    {"cron", "0 0 1,15 * *"},
    {"cron", "0 12 L * *"},
    {"cron", "0 18 * * FRI#2"},
    {"cron", "@every 7h"},
    {"rrule", "FREQ=DAILY;BYHOUR=1,2;BYMINUTE=30;BYSECOND=0"},
    {"rrule", "FREQ=WEEKLY;BYDAY=MO,TH;BYHOUR=6;BYMINUTE=0;BYSECOND=0"},
    {"rrule", "FREQ=HOURLY;INTERVAL=6"},
    {"rrule", "FREQ=DAILY;INTERVAL=2;COUNT=30"},
    {"rrule", "FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=18;BYMINUTE=0;BYSECOND=0"},
  };
  private static final String[] ZONES = {"UTC", "Europe/Berlin", "America/New_York"};
  private static final String[] OVERLAPS = {
    "allow", "allow", "skip", "buffer_one", "cancel_running"
  };
  private static final String[] CATCH_UPS = {"latest", "latest", "all", "none"};

  private final Random random = new Random(SEED);
  private final List<UUID> tasks = new ArrayList<>();

  @AutoClose
  private final Harness db =
      new Harness(SimulatedClock.install(Backends.newDatabase(), START, Duration.ofDays(DAYS)));

  private final SimulatedClock clock = SimulatedClock.of(db, START);
  private final Tick tick = db.tick();
  private final Tick rival = db.tick(Duration.ofHours(1));
  private final TaskCommands commands = new TaskCommands(db.db(), db.nudges());
  private final RunCommands runs = new RunCommands(db.db(), db.nudges());
  private final TimeCommands timeCommands = new TimeCommands(db.db(), db.nudges());
  private final Worker worker = db.worker("simulated");

  private <T> T any(T[] choices) {
    return choices[random.nextInt(choices.length)];
  }

  private void create(int number) {
    String[] schedule = any(SCHEDULES);
    JsonObject task =
        new JsonObject()
            .put("title", "simulated " + number)
            .put("schedule_kind", schedule[0])
            .put("schedule_expr", schedule[1])
            .put("timezone", any(ZONES))
            .put("overlap", any(OVERLAPS))
            .put("catch_up", any(CATCH_UPS))
            .put("catch_up_window_seconds", 3_600 + random.nextInt(200_000))
            .put("dst_gap", any(new String[] {"shift", "skip"}))
            .put("dst_overlap", any(new String[] {"first", "last", "both"}))
            .put("payload", new JsonObject().put("pipeline", new io.vertx.core.json.JsonArray()));
    if (random.nextInt(8) == 0) {
      task.put("max_runs", 1 + random.nextInt(40));
    }
    if (random.nextInt(8) == 0) {
      task.put("ends_at", START.plus(Duration.ofDays(40 + random.nextInt(DAYS))).toString());
    }
    TaskDraft draft = TaskDraft.parse(Json.read(task.encode()), clock.instant());
    UUID id = UUID.randomUUID();
    db.execute(
        """
        INSERT INTO task (id, title, schedule_kind, schedule_expr, timezone, overlap, catch_up,
          catch_up_window_seconds, dst_gap, dst_overlap, payload, max_runs, ends_at,
          schedule_anchor, planned_from, next_run)
        SELECT $1, j ->> 'title', j ->> 'schedule_kind', j ->> 'schedule_expr', j ->> 'timezone',
          j ->> 'overlap', j ->> 'catch_up', (j ->> 'catch_up_window_seconds')::integer,
          j ->> 'dst_gap', j ->> 'dst_overlap', j -> 'payload', (j ->> 'max_runs')::bigint,
          (j ->> 'ends_at')::timestamptz, $3, now(), $4
        FROM (SELECT $2::jsonb AS j) given""",
        id,
        task,
        draft.anchor().atOffset(ZoneOffset.UTC),
        draft.firstRun().atOffset(ZoneOffset.UTC));
    tasks.add(id);
  }

  @Test
  void months_of_due_times_downtimes_commands_and_races_leave_every_occurrence_accounted_for() {
    for (int i = 0; i < TASKS; i++) {
      create(i);
    }
    Instant end = START.plus(Duration.ofDays(DAYS));
    while (clock.instant().isBefore(end)) {
      pass();
      turn();
      cancelAhead();
      finish();
    }
    assertThat(new Invariants(db.db()).check()).as("seed %d", SEED).isEmpty();

    assertThat(db.count("SELECT count(*) FROM task_run WHERE cause = 'schedule'"))
        .isGreaterThan((long) TASKS * DAYS / 10);
    assertThat(db.query("SELECT DISTINCT reason FROM skipped_firing ORDER BY 1"))
        .extracting(row -> row.getString(0))
        .contains("coalesced", "misfire_skipped", "overlap_skipped", "paused");
  }

  /** Time goes on: to the next due time, a little beyond it, or through a downtime. */
  private void pass() {
    int what = random.nextInt(100);
    if (what < 50) {
      Duration wait = tick.untilDue();
      clock.advance(wait.compareTo(Duration.ofHours(8)) > 0 ? Duration.ofHours(8) : wait);
    } else if (what < 60) {
      clock.advance(tick.untilDue().plusMillis(random.nextInt(50_000)));
    } else if (what < 95) {
      clock.advance(Duration.ofMinutes(5L + random.nextInt(16 * 60)));
    } else {
      clock.advance(Duration.ofHours(random.nextInt(72)));
    }
  }

  /** The scheduler takes its turns; now and then beside another one and a user's command. */
  private void turn() {
    if (random.nextInt(4) == 0) {
      Runnable command = command();
      CompletableFuture<Void> racing =
          CompletableFuture.allOf(
              CompletableFuture.runAsync(command), CompletableFuture.runAsync(rival::once));
      tick.once();
      racing.join();
    }
    while (tick.untilDue().isZero()) {
      tick.once();
    }
  }

  private Runnable command() {
    UUID task = tasks.get(random.nextInt(tasks.size()));
    int what = random.nextInt(100);
    long snooze = 1 + random.nextInt(7_200);
    String[] schedule = any(SCHEDULES);
    String zone = any(ZONES);
    return () -> {
      try {
        if (what < 20) {
          commands.pause(task);
        } else if (what < 42) {
          commands.resume(task);
        } else if (what < 52) {
          timeCommands.snooze(
              task, new TimeCommands.Snooze(Duration.ofSeconds(snooze), null, null));
        } else if (what < 80) {
          commands.edit(task, Json.read("{\"description\": \"again\"}"), null);
        } else if (what < 90) {
          commands.edit(
              task,
              Json.read(
                  new JsonObject()
                      .put("schedule_kind", schedule[0])
                      .put("schedule_expr", schedule[1])
                      .put("timezone", zone)
                      .encode()),
              null);
        } else if (what < 97) {
          commands.runNow(task, null);
        } else if (what < 99) {
          timeCommands.backfill(
              task,
              new TimeCommands.Backfill(
                  clock.instant().minus(Duration.ofDays(2)), clock.instant(), 5, false, false));
        } else {
          commands.cancel(task);
        }
      } catch (Problem | io.ordinaut.failure.InvalidInputException e) {
        // A finished task refuses, as it should.
      }
    };
  }

  /** Runs are canceled before their time, and then something sets the cursors back behind them. */
  private void cancelAhead() {
    if (random.nextInt(3) > 0) {
      return;
    }
    rival.once();
    for (Row ahead :
        db.query(
            """
            SELECT DISTINCT ON (w.task_id) w.id, w.task_id FROM due_work_open w
            WHERE NOT w.is_last AND EXISTS (
              SELECT FROM due_work_open before
              WHERE before.task_id = w.task_id AND before.run_at BETWEEN now() AND w.run_at
                AND before.id <> w.id)
            ORDER BY w.task_id, hashtext(w.id::text)""")) {
      cancelAhead(ahead.getUUID("task_id"), ahead.getUUID("id"));
    }
  }

  private void cancelAhead(UUID task, UUID run) {
    try {
      runs.cancel(run);
      if (run.hashCode() % 2 == 0) {
        commands.edit(task, Json.read("{\"description\": \"ahead\"}"), null);
      } else {
        commands.pause(task);
        commands.resume(task);
      }
    } catch (Problem e) {
      // A finished task refuses, as it should.
    }
  }

  /** Most runs end; what is canceled, last or unlucky is run by a real worker. */
  private void finish() {
    if (random.nextInt(3) == 0) {
      return;
    }
    db.execute(
        """
        WITH gone AS (
          DELETE FROM due_work_open
          WHERE status = 'pending' AND NOT is_last AND NOT cancel_requested
            AND coalesce(available_at, run_at) <= now() AND hashtext(id::text) % 10 <> 0
          RETURNING *)
        INSERT INTO task_run (id, task_id, run_at, status, cause)
        SELECT id, task_id, run_at, 'success', cause FROM gone""");
    worker.lease(100).leases().forEach(worker::execute);
  }
}

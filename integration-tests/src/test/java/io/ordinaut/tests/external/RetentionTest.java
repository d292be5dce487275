package io.ordinaut.tests.external;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ordinaut.api.run.RetryMode;
import io.ordinaut.api.run.RunCommands;
import io.ordinaut.scheduler.check.Finding;
import io.ordinaut.scheduler.check.Invariants;
import io.ordinaut.tests.utils.BestOfThree;
import io.ordinaut.tests.utils.Fixtures;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.tests.utils.Ledger;
import io.ordinaut.worker.loop.Worker;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** What is too old goes, and nobody has to wait for that. */
class RetentionTest {
  private static final Duration LONGEST_STATEMENT = Duration.ofMillis(500);

  @AutoClose private final Harness db = new Harness();

  private void partitions(String table, String unit, int days) {
    db.query(
        """
        SELECT ordinaut_ensure_partition($1, $2, at)
        FROM generate_series(now() - make_interval(days => $3), now(), interval '1 day') at""",
        table,
        unit,
        days);
  }

  private long partitions(String table) {
    return db.count("SELECT count(*) FROM pg_inherits WHERE inhparent = $1::text::regclass", table);
  }

  private long tablesLike(String table) {
    return db.count(
        "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relname ~ $1",
        "^" + table + "_[0-9]{8}$");
  }

  /** One row of each history for each of the last days. */
  private void fill(int days) {
    partitions("due_work_done", "day", Math.min(days, 20));
    partitions("task_run", "week", days);
    partitions("run_log", "week", days);
    partitions("event", "week", days);
    db.execute(
        """
        INSERT INTO due_work_done (id, run_at, status, finished_at)
        SELECT gen_random_uuid(), at, 'completed', at
        FROM generate_series(now() - make_interval(days => $1), now(), interval '1 day') at""",
        Math.min(days, 20));
    for (String insert :
        List.of(
            "INSERT INTO task_run (id, run_at, status, created_at) SELECT gen_random_uuid(), at, 'success', at",
            "INSERT INTO run_log (run_id, step_id, status, started_at, finished_at, created_at)"
                + " SELECT gen_random_uuid(), 's', 'success', at, at, at",
            "INSERT INTO event (topic, occurred_at, position)"
                + " SELECT 't', at, extract(epoch FROM at)::bigint",
            "INSERT INTO skipped_firing (task_id, from_at, to_at, count, reason, created_at)"
                + " SELECT gen_random_uuid(), at, at, 1, 'paused', at",
            "INSERT INTO event_dedupe (agent_id, dedupe_id, event_id, created_at)"
                + " SELECT gen_random_uuid(), 'd', gen_random_uuid(), at")) {
      db.execute(
          insert
              + " FROM generate_series(now() - make_interval(days => $1), now(), interval '1 day') at",
          days);
    }
    relayed();
  }

  private void relayed() {
    db.execute("UPDATE event_relay SET position = (SELECT max(position) FROM event)");
  }

  private long days(String table, String column) {
    return db.count(
        "SELECT extract(day FROM now() - min(%s))::bigint FROM %s".formatted(column, table));
  }

  private String today() {
    return db.query("SELECT (now() AT TIME ZONE 'UTC')::date::text").get(0).getString(0);
  }

  @Test
  void history_is_kept_for_as_long_as_is_said_and_no_longer() {
    String day;
    do {
      // Days end at midnight: what was filled before it and is removed after it is a day older.
      day = today();
      fill(120);
      assertThat(db.retention().once()).isTrue();
    } while (!today().equals(day));
    assertThat(days("due_work_done", "finished_at")).isBetween(7L, 8L);
    assertThat(days("task_run", "created_at")).isBetween(90L, 97L);
    assertThat(days("run_log", "created_at")).isBetween(90L, 97L);
    assertThat(days("event", "occurred_at")).isBetween(30L, 37L);
    assertThat(days("skipped_firing", "created_at")).isBetween(89L, 90L);
    assertThat(days("event_dedupe", "created_at")).isBetween(6L, 7L);
    for (String table : List.of("due_work_done", "task_run", "run_log", "event")) {
      assertThat(partitions(table)).as(table).isBetween(6L, 16L).isEqualTo(tablesLike(table));
    }
  }

  @Test
  void a_clock_that_was_ahead_costs_no_history_once_it_is_right() {
    fill(3);
    db.execute(
        """
        INSERT INTO history_horizon (history, kept_from, kept_for)
        SELECT history, now() + interval '60 days', interval '1 day'
        FROM unnest(ARRAY['due_work_done', 'task_run', 'run_log', 'event', 'skipped_firing',
          'event_dedupe']) AS history""");
    assertThat(db.retention().once()).isTrue();
    for (String table :
        List.of(
            "due_work_done", "task_run", "run_log", "event", "skipped_firing", "event_dedupe")) {
      assertThat(db.count("SELECT count(*) FROM " + table)).as(table).isEqualTo(4);
    }
    assertThat(
            db.count(
                "SELECT count(*) FROM history_horizon WHERE kept_from > now() + interval '59 days'"))
        .as("what is gone stays gone")
        .isEqualTo(6);
  }

  @Test
  void nothing_is_kept_for_less_than_an_hour() {
    assertThatThrownBy(() -> db.retention(Map.of("events", "PT59M")))
        .hasMessageContaining("event must be kept for an hour or longer");
  }

  @Test
  void what_an_earlier_turn_did_not_get_to_is_done_by_the_next() {
    fill(120);
    String oldest =
        db.query(
                "SELECT min(inhrelid::regclass::text) FROM pg_inherits"
                    + " WHERE inhparent = 'task_run'::regclass")
            .get(0)
            .getString(0);
    db.execute("ALTER TABLE task_run DETACH PARTITION " + oldest);
    db.retention().once();
    assertThat(tablesLike("task_run")).isEqualTo(partitions("task_run"));
  }

  @Test
  void tables_of_others_stay_whatever_they_are_called() {
    fill(120);
    db.execute("CREATE TABLE task_run_20200101 (note text)");
    db.execute("CREATE TABLE event_20201340 (note text)");
    db.execute(
        "CREATE TABLE event_20201341 PARTITION OF event FOR VALUES FROM ('2020-01-01') TO ('2020-01-08')");
    assertThat(db.retention().once()).isTrue();
    assertThat(
            db.count(
                """
                SELECT count(*) FROM pg_class
                WHERE relname IN ('task_run_20200101', 'event_20201340', 'event_20201341')"""))
        .isEqualTo(3);
    assertThat(days("event", "occurred_at")).isBetween(30L, 37L);
  }

  @Test
  void an_event_that_waits_for_its_tasks_or_the_relay_does_not_go() {
    partitions("event", "week", 60);
    db.execute(
        "INSERT INTO event (topic, occurred_at) VALUES ('late', now() - interval '50 days')");
    db.retention().once();
    assertThat(db.count("SELECT count(*) FROM event")).isEqualTo(1);
    db.execute("UPDATE event SET position = 1");
    db.retention().once();
    assertThat(db.count("SELECT count(*) FROM event")).as("not relayed yet").isEqualTo(1);
    relayed();
    db.retention().once();
    assertThat(db.count("SELECT count(*) FROM event")).isZero();
  }

  @Test
  void one_scheduler_at_a_time_removes() {
    fill(120);
    db.db()
        .transaction(
            tx -> {
              tx.query(
                  "SELECT pg_advisory_xact_lock(hashtext('ordinaut_retention'))",
                  Tuple.tuple(),
                  row -> row);
              assertThat(db.retention().once()).isTrue();
              return 0;
            });
    assertThat(days("task_run", "created_at")).isEqualTo(120);
  }

  @Test
  void a_run_that_waits_longer_than_logs_are_kept_does_not_repeat_its_steps() {
    JsonArray pipeline =
        new JsonArray()
            .add(step("first", "echo-tool", new JsonObject().put("n", 1)))
            .add(step("second", "echo-tool", new JsonObject().put("n", 2)))
            .add(step("wait", "delay", new JsonObject().put("seconds", 3_600)))
            .add(step("last", "echo-tool", new JsonObject().put("n", 3)));
    UUID task = Fixtures.createTask(db, "patient", 0, pipeline);
    db.tick().once();
    // Its logs are to be older than an id of now would say.
    db.execute("UPDATE due_work_open SET id = gen_random_uuid()");
    run("a");
    partitions("run_log", "week", 100);
    assertThat(
            db.execute(
                """
                WITH old AS (DELETE FROM run_log RETURNING *)
                INSERT INTO run_log SELECT run_id, task_id, step_id, item, attempt, kind, status,
                  input, output, error_code, error, started_at, finished_at,
                  created_at - interval '100 days'
                FROM old"""))
        .isEqualTo(3);

    db.retention().once();
    assertThat(days("run_log", "created_at")).as("where history begins").isEqualTo(90);
    db.execute("UPDATE due_work_open SET available_at = now() - interval '1 second'");
    run("b");
    assertThat(
            db
                .query("SELECT step_id FROM run_log WHERE task_id = $1 ORDER BY created_at", task)
                .stream()
                .map(row -> row.getString(0)))
        .containsExactly("first", "second", "wait", "last");
  }

  @Test
  void what_was_canceled_ahead_of_its_time_is_kept_for_as_long_after_it() {
    partitions("task_run", "week", 130);
    db.execute(
        """
        INSERT INTO task_run (id, run_at, status, cause, created_at)
        SELECT gen_random_uuid(), now() + days * interval '1 day', 'canceled', 'schedule',
          now() - interval '100 days'
        FROM unnest(ARRAY[-95, -80, 200]) AS due(days)""");
    db.retention().once();
    assertThat(
            db.query(
                "SELECT extract(day FROM run_at - now())::integer FROM task_run ORDER BY run_at"))
        .extracting(row -> row.getInteger(0))
        .containsExactly(-80, 199);
    assertThat(days("task_run", "created_at")).as("where history begins").isEqualTo(90);
  }

  /** A failed, B went on with it and failed too, C goes on with both and waits. */
  @Test
  void what_a_run_goes_on_with_is_kept_for_as_long_as_it_is_open() {
    Ledger ledger = new Ledger();
    Worker worker = db.worker("w", Map.of(), Map.of("act", ledger));
    RunCommands commands = new RunCommands(db.db(), db.nudges());
    JsonArray pipeline = new JsonArray();
    for (String id : List.of("a", "b", "c")) {
      pipeline.add(
          step(id, "act", new JsonObject().put("fails", id.equals("a") ? 0 : 1))
              .put("retry_count", 1));
    }
    UUID first = UUID.randomUUID();
    db.execute(
        "INSERT INTO due_work (id, payload) VALUES ($1, $2)",
        first,
        new JsonObject().put("pipeline", pipeline));
    turn(worker);
    UUID second = commands.retry(first, new RetryMode(false, RetryMode.Payload.ORIGINAL));
    turn(worker);
    commands.retry(second, new RetryMode(false, RetryMode.Payload.ORIGINAL));
    partitions("task_run", "week", 130);
    partitions("run_log", "week", 130);
    for (String history : List.of("task_run", "run_log")) {
      String age = "created_at - interval '100 days'";
      db.execute("UPDATE %s SET created_at = %s".formatted(history, age));
    }
    db.retention().once();
    assertThat(db.count("SELECT count(*) FROM task_run")).isZero();
    db.tick().once();
    db.execute("UPDATE due_work_open SET started_at = now() - interval '100 days'");
    db.retention().once();
    turn(worker);
    assertThat(db.query("SELECT status FROM task_run").get(0).getString(0)).isEqualTo("success");
    assertThat(ledger.effects()).containsExactly("a", "b", "c");
  }

  private void turn(Worker worker) {
    db.tick().once();
    worker.lease(10).leases().forEach(worker::execute);
  }

  private void run(String name) {
    Worker worker = db.worker(name);
    worker.lease(10).leases().forEach(worker::execute);
  }

  private static JsonObject step(String id, String uses, JsonObject with) {
    return new JsonObject().put("id", id).put("uses", uses).put("with", with).put("save_as", id);
  }

  /** An old snapshot of a report must hold up the removal, not the work. */
  @Test
  void work_goes_on_while_old_partitions_go() throws Exception {
    fill(120);
    SqlConnection report = settled(db.pool().getConnection());
    settled(report.query("BEGIN ISOLATION LEVEL REPEATABLE READ").execute());
    settled(report.query("SET LOCAL idle_in_transaction_session_timeout = 0").execute());
    settled(report.query("SELECT count(*) FROM due_work").execute());
    settled(report.query("SELECT count(*) FROM task_run").execute());
    CompletableFuture<Boolean> removal = CompletableFuture.supplyAsync(() -> db.retention().once());
    UUID task = Fixtures.createTestTask(db, "meanwhile", 3_600_000);
    Worker worker = db.worker("w");
    // What the removal holds up it would hold up in each stretch.
    Duration longest = BestOfThree.of(LONGEST_STATEMENT, () -> longestOfWork(task, worker));
    assertThat(removal.isDone() && removal.get()).as("it waits, or has put it off").isFalse();
    settled(report.query("COMMIT").execute());
    settled(report.close());
    assertThat(removal.get() || db.retention().once()).isTrue();
    assertThat(db.count("SELECT count(*) FROM task_run WHERE task_id = $1", task))
        .isGreaterThan(10);
    assertThat(longest).isLessThan(LONGEST_STATEMENT);
    assertThat(days("task_run", "created_at")).isLessThan(98);
  }

  /** How long the longest part of a run takes, of those of two seconds. */
  private Duration longestOfWork(UUID task, Worker worker) {
    long longest = 0;
    long end = System.nanoTime() + Duration.ofSeconds(2).toNanos();
    while (System.nanoTime() < end) {
      long start = System.nanoTime();
      Fixtures.createWorkItem(db, task, true);
      long inserted = System.nanoTime();
      var leases = worker.lease(10).leases();
      long leased = System.nanoTime();
      leases.forEach(worker::execute);
      long executed = System.nanoTime();
      longest =
          Math.max(
              longest, Math.max(inserted - start, Math.max(leased - inserted, executed - leased)));
    }
    return Duration.ofNanos(longest);
  }

  private static <T> T settled(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void what_is_gone_is_not_taken_for_lost() {
    UUID task = Fixtures.createTestTask(db, "daily", 0);
    db.execute(
        """
        UPDATE task SET schedule_kind = 'cron', schedule_expr = '0 9 * * *',
          schedule_anchor = now() - interval '120 days', created_at = now() - interval '120 days',
          planned_from = now() - interval '120 days',
          next_run = date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
            + interval '33 hours'
        WHERE id = $1""",
        task);
    partitions("task_run", "week", 130);
    db.execute(
        """
        INSERT INTO task_run (id, task_id, run_at, status, cause, created_at)
        SELECT gen_random_uuid(), $1, at, 'success', 'schedule', at
        FROM generate_series(
          date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - interval '2991 hours',
          date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + interval '9 hours',
          interval '1 day') at""",
        task);
    assertThat(findings()).isEmpty();
    db.retention(Map.of("runs", "P40D")).once();
    assertThat(days("task_run", "created_at")).isLessThan(48);
    assertThat(findings()).isEmpty();
    db.execute("DELETE FROM task_run WHERE created_at > now() - interval '38 days'");
    assertThat(findings()).isNotEmpty();
  }

  private List<Finding> findings() {
    return new Invariants(db.db()).check();
  }
}

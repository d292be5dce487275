package io.ordinaut.tests.scenarios;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ordinaut.scheduler.check.Invariants;
import io.ordinaut.scheduler.loop.SchedulerLoop;
import io.ordinaut.tests.utils.Backends;
import io.ordinaut.tests.utils.BestOfThree;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.tests.utils.ServiceProcess;
import io.ordinaut.tests.utils.SlowPeer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Several schedulers and workers, each a process, on one database: killed, frozen, restarted. */
@Order(3)
class FleetTest {
  private static final int ONE_TIME = 1_800;
  private static final int RECURRING = 200;
  private static final int EACH = 5;
  private static final int FROZEN_ONES = 50;

  /** How long a scheduler is frozen, such as PT60S; if not told, until the database gives it up. */
  private static final String FROZEN_FOR = System.getProperty("ordinaut.fleet.frozen");

  private final String redis = Backends.newRedis();

  @AutoClose private final Harness db = new Harness(Backends.newDatabase(), redis);

  private final List<ServiceProcess> fleet = new ArrayList<>();
  private final Map<String, String> environment =
      new HashMap<>(
          Map.of(
              "DATABASE_URL",
              db.databaseUrl(),
              "REDIS_URL",
              redis,
              "ORDINAUT_WORKER_LEASE",
              "PT2S",
              "ORDINAUT_WORKER_TEST_TOOLS",
              "true"));

  @AfterEach
  void close() {
    fleet.forEach(service -> service.signal("KILL"));
  }

  private ServiceProcess start(String module) {
    ServiceProcess service = ServiceProcess.start(module, environment);
    fleet.add(service);
    return service;
  }

  private ServiceProcess killAndRestart(ServiceProcess service, String module) {
    service.signal("KILL");
    service.awaitExit();
    fleet.remove(service);
    return start(module);
  }

  @Test
  void each_occurrence_runs_once_while_processes_are_killed() {
    db.execute(
        """
        INSERT INTO task (title, schedule_kind, schedule_expr, next_run, payload)
        SELECT 'one ' || i, 'once', 'as told', now() + i * interval '5 ms',
          '{"pipeline": [{"id": "e", "uses": "echo-tool", "with": {"x": "${task.title}"}}]}'
        FROM generate_series(1, $1::integer) i""",
        ONE_TIME);
    db.execute(
        """
        INSERT INTO task (title, schedule_kind, schedule_expr, schedule_anchor, next_run, payload)
        SELECT 'many ' || i, 'rrule', 'FREQ=SECONDLY;COUNT=' || $2, at, at,
          '{"pipeline": [{"id": "e", "uses": "echo-tool"}]}'
        FROM generate_series(1, $1::integer) i, date_trunc('second', now()) at""",
        RECURRING,
        Integer.toString(EACH));
    ServiceProcess schedulerOne = start("scheduler-service");
    ServiceProcess workerOne = start("worker-service");
    start("scheduler-service");
    ServiceProcess workerTwo = start("worker-service");
    start("worker-service");

    awaitRuns(ONE_TIME / 10);
    killAndRestart(workerOne, "worker-service");
    awaitRuns(ONE_TIME / 4);
    killAndRestart(schedulerOne, "scheduler-service");
    awaitRuns(ONE_TIME / 2);
    killAndRestart(workerTwo, "worker-service");

    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> db.count("SELECT count(*) FROM task WHERE status = 'active'") == 0);
    // A task is settled by its last run; an earlier one may still wait for a lost lease to run out.
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> db.count("SELECT count(*) FROM due_work_open") == 0);
    assertThat(new Invariants(db.db()).check()).isEmpty();
    assertThat(db.count("SELECT count(*) FROM task WHERE status = 'completed'"))
        .isEqualTo(ONE_TIME + RECURRING);
    assertThat(
            db.query(
                "SELECT coalesce(error_message, status) || ' ' || count(*) FROM task_run"
                    + " GROUP BY coalesce(error_message, status)"))
        .extracting(row -> row.getString(0))
        .containsExactly("success " + (ONE_TIME + RECURRING * EACH));
    assertThat(db.count("SELECT count(DISTINCT (task_id, run_at)) FROM task_run"))
        .isEqualTo(ONE_TIME + RECURRING * EACH);
  }

  private void awaitRuns(int atLeast) {
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> db.count("SELECT count(*) FROM task_run") >= atLeast);
  }

  @Test
  void a_worker_that_was_frozen_past_its_lease_changes_nothing() {
    db.execute(
        """
        INSERT INTO due_work (payload) VALUES ('{"pipeline": [
          {"id": "slow", "uses": "failing-tool", "retry_count": 8, "retry_delay_seconds": 0.9}]}')""");
    ServiceProcess frozen = start("worker-service");
    awaitTries(1);
    frozen.signal("STOP");
    String first = db.query("SELECT locked_by FROM due_work_open").get(0).getString(0);

    // The other one is to keep the run, however slow it starts.
    environment.put("ORDINAUT_WORKER_LEASE", "PT30S");
    start("worker-service");
    await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () ->
                db.count("SELECT count(*) FROM due_work_open WHERE lost_leases = 1") == 1
                    || db.count("SELECT count(*) FROM task_run") == 1);
    frozen.signal("CONT");
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> frozen.get("/metrics").contains("ordinaut_lease_lost_total 1.0"));
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> db.count("SELECT count(*) FROM task_run") == 1);
    await()
        .alias("the worker's heartbeat says so too")
        .atMost(Duration.ofSeconds(30))
        .until(
            () ->
                db.count(
                        "SELECT count(*) FROM worker_heartbeat"
                            + " WHERE worker_id = $1 AND leases_lost = 1",
                        first)
                    == 1);

    Row run = db.query("SELECT * FROM task_run").get(0);
    assertThat(run.getString("worker_id")).isNotEqualTo(first);
    assertThat(db.count("SELECT count(*) FROM run_log")).as("eight tries in all").isEqualTo(8);
    assertThat(db.count("SELECT count(DISTINCT attempt) FROM run_log")).isEqualTo(8);
  }

  private void awaitTries(int atLeast) {
    await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> db.count("SELECT count(*) FROM run_log") >= atLeast);
  }

  @Test
  void a_scheduler_that_was_frozen_in_its_transaction_loses_and_doubles_nothing() {
    ServiceProcess frozen = start("scheduler-service").awaitReady();
    freezeInItsTransaction(frozen);
    assertThat(db.count("SELECT count(*) FROM due_work")).isZero();
    SchedulerLoop other = db.scheduler();
    awaitTheCut();
    awaitWork(FROZEN_ONES);
    other.close();
    frozen.signal("CONT");
    makeDue("again");
    awaitWork(2 * FROZEN_ONES);
    assertThat(new Invariants(db.db()).check()).isEmpty();
    assertThat(db.count("SELECT count(DISTINCT (task_id, run_at)) FROM due_work"))
        .isEqualTo(db.count("SELECT count(*) FROM due_work"))
        .isEqualTo(2 * FROZEN_ONES);
  }

  /**
   * The scheduler has claimed and written and is about to move its cursors. For each row: a turn
   * that finds no signals to take inserts too, and none.
   */
  private void freezeInItsTransaction(ServiceProcess scheduler) {
    db.execute(
        """
        CREATE FUNCTION wait_at_the_gate() RETURNS trigger LANGUAGE plpgsql AS $f$
        BEGIN
          PERFORM pg_advisory_xact_lock_shared(1);
          RETURN NULL;
        END $f$""");
    db.execute(
        """
        CREATE TRIGGER gate AFTER INSERT ON due_work_open
        FOR EACH ROW EXECUTE FUNCTION wait_at_the_gate()""");
    db.db()
        .transaction(
            gate -> {
              gate.query("SELECT pg_advisory_xact_lock(1)", Tuple.tuple(), row -> 0);
              makeDue("frozen");
              await().atMost(Duration.ofSeconds(8)).until(() -> db.lockWaiters() == 1);
              scheduler.signal("STOP");
              return 0;
            });
    await().until(() -> sessionsInTransaction() >= 1);
  }

  private void makeDue(String title) {
    db.execute(
        """
        INSERT INTO task (title, schedule_kind, schedule_expr, next_run)
        SELECT $2, 'once', 'as told', now() FROM generate_series(1, $1::integer)""",
        FROZEN_ONES,
        title);
  }

  private long sessionsInTransaction() {
    return db.count(
        """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'scheduler-service'
          AND state = 'idle in transaction'""");
  }

  /** After its time the database cuts a session off that idles in a transaction; or now. */
  private void awaitTheCut() {
    if (FROZEN_FOR == null) {
      db.query(
          """
          SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = 'scheduler-service'""");
      return;
    }
    Duration length = Duration.parse(FROZEN_FOR);
    Instant thaw = Instant.now().plus(length);
    await().atMost(length.plusSeconds(5)).until(() -> Instant.now().isAfter(thaw));
  }

  private void awaitWork(int howMuch) {
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> db.count("SELECT count(*) FROM due_work") == howMuch);
  }

  @Test
  void a_worker_that_is_told_to_stop_hands_back_what_it_can_not_finish() {
    environment.put("ORDINAUT_WORKER_GRACE", "PT0.5S");
    environment.put("ORDINAUT_WORKER_LEASE", "PT30S");
    db.execute(
        """
        INSERT INTO due_work (payload) SELECT '{"pipeline": [
          {"id": "slow", "uses": "failing-tool", "retry_count": 9, "retry_delay_seconds": 0.9}]}'
        FROM generate_series(1, 40)""");
    ServiceProcess worker = start("worker-service");
    awaitTries(32);
    worker.signal("TERM");
    assertThat(worker.awaitExit()).isIn(0, 143);
    fleet.remove(worker);
    assertThat(db.count("SELECT count(*) FROM due_work_open WHERE status = 'pending'"))
        .isEqualTo(40);
    assertThat(db.count("SELECT count(*) FROM due_work_open WHERE attempt = 1 AND lost_leases = 0"))
        .isEqualTo(40);
  }

  @Test
  void a_worker_that_is_told_to_stop_under_load_repeats_nothing_and_burns_no_attempt()
      throws IOException {
    int runs = 300;
    try (SlowPeer peer = new SlowPeer(Duration.ofMillis(80))) {
      peer.holdBehind(runs);
      environment.put("ORDINAUT_WORKER_OUTBOUND_ALLOW", "localhost");
      environment.put("ORDINAUT_WORKER_LEASE", "PT30S");
      db.execute(
          """
          INSERT INTO due_work (payload) SELECT jsonb_build_object('pipeline', jsonb_build_array(
            jsonb_build_object('id', 'a', 'uses', 'http.request', 'with', call),
            jsonb_build_object('id', 'b', 'uses', 'http.request', 'with', call)))
          FROM generate_series(1, $1::integer),
            jsonb_build_object('method', 'POST', 'url', $2::text) AS call""",
          runs,
          peer.url());
      ServiceProcess stopped = start("worker-service");
      awaitRuns(runs / 5);
      stopped.signal("TERM");
      peer.release();
      Instant told = Instant.now();
      assertThat(stopped.awaitExit()).isIn(0, 143);
      fleet.remove(stopped);
      assertThat(Duration.between(told, Instant.now())).isLessThan(Duration.ofSeconds(20));
      assertThat(db.count("SELECT count(*) FROM task_run")).isLessThan(runs);
      assertThat(db.count("SELECT count(*) FROM due_work_open WHERE status = 'running'")).isZero();
      assertThat(db.count("SELECT count(*) FROM worker_heartbeat")).isZero();

      start("worker-service");
      awaitRuns(runs);
      assertThat(peer.keys()).hasSize(2 * runs).doesNotHaveDuplicates();
    }
    assertThat(db.count("SELECT count(*) FROM run_log")).isEqualTo(2 * runs);
    assertThat(db.count("SELECT count(DISTINCT (run_id, step_id)) FROM run_log WHERE attempt = 1"))
        .isEqualTo(2 * runs);
    assertThat(db.count("SELECT count(*) FROM task_run WHERE status = 'success' AND attempt = 1"))
        .isEqualTo(runs);
    assertThat(db.count("SELECT sum(lost_leases) FROM due_work")).isZero();
  }

  @Test
  void a_running_run_is_canceled_within_two_seconds() throws Exception {
    db.runningWorker();
    Duration longest = Duration.ofSeconds(2);
    assertThat(BestOfThree.of(longest, this::untilCanceled)).isLessThan(longest);
  }

  /** From the request to the end of the run, for a run of its own. */
  private Duration untilCanceled() {
    long tries = db.count("SELECT count(*) FROM run_log");
    long canceled = db.count("SELECT count(*) FROM task_run WHERE status = 'canceled'");
    db.execute(
        """
        INSERT INTO due_work (payload) VALUES ('{"pipeline": [
          {"id": "slow", "uses": "failing-tool", "retry_count": 60, "retry_delay_seconds": 1}]}')""");
    awaitTries((int) tries + 1);
    Instant asked = Instant.now();
    db.execute("UPDATE due_work_open SET cancel_requested = true");
    await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(20))
        .until(
            () -> db.count("SELECT count(*) FROM task_run WHERE status = 'canceled'") > canceled);
    return Duration.between(asked, Instant.now());
  }
}

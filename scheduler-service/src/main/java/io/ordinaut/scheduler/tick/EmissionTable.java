package io.ordinaut.scheduler.tick;

import io.ordinaut.schedule.Once;
import io.ordinaut.schedule.Schedule;
import io.ordinaut.schedule.ScheduleKind;
import io.ordinaut.scheduler.plan.Advance;
import io.ordinaut.scheduler.plan.DueTask;
import io.ordinaut.scheduler.plan.Emission;
import io.ordinaut.scheduler.plan.Skip;
import io.ordinaut.store.Columns;
import io.ordinaut.store.FiredTable;
import io.ordinaut.store.FiredTable.Stretch;
import io.ordinaut.store.Statements;
import io.ordinaut.store.TaskRows;
import io.ordinaut.task.Timing;
import io.ordinaut.work.Ids;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.UUID;

/** The statements of the tick: what is due, what is emitted, where cursors go. */
final class EmissionTable {
  /**
   * Seconds until something is to be done: one index entry per overlap policy. Null when nothing is
   * ahead, or the brake is pulled.
   */
  private static final String UNTIL_DUE =
      """
      SELECT CASE WHEN EXISTS (
          SELECT FROM brake WHERE only_row AND pulled_at IS NOT NULL) THEN NULL
        WHEN EXISTS (SELECT FROM signal) THEN 0
        ELSE (
          SELECT min(extract(epoch FROM head.next_run - now())
            - CASE WHEN policy.overlap = 'allow' THEN $2 * 0.001 ELSE 0 END)::float8
          FROM unnest($1::text[]) AS policy(overlap)
          CROSS JOIN LATERAL (
            SELECT next_run FROM task
            WHERE status = 'active' AND last_emitted IS DISTINCT FROM next_run
              AND overlap = policy.overlap
            ORDER BY next_run LIMIT 1) head) END AS seconds""";

  /**
   * What is due, each overlap policy from its own head: only where overlap is allowed is anything
   * decided ahead of its time. Runs that are still going are counted only where somebody asks: of
   * what the schedule started all but what was put off; of other causes, where runs must not
   * overlap, all but a backfill's that have not begun. Of the payload only a condition's says
   * anything about time. While the brake is pulled nothing is claimed.
   */
  private static final String CLAIM =
      """
      SELECT due.*, now() AS now,
        CASE WHEN due.overlap <> 'allow' OR due.catch_up = 'all' THEN
          (SELECT count(*) FROM due_work_open w
           WHERE w.task_id = due.id AND w.cause IN ('schedule', 'condition')
             AND NOT (w.status = 'pending' AND w.started_at IS NULL
               AND coalesce(w.trigger_data ? 'snooze', false) AND w.available_at > now()))
          ELSE 0 END
        + CASE WHEN due.overlap <> 'allow' THEN
          (SELECT count(*) FROM due_work_open w
           WHERE w.task_id = due.id AND w.cause NOT IN ('schedule', 'condition')
             AND NOT (w.cause = 'backfill' AND w.status = 'pending' AND w.started_at IS NULL))
          ELSE 0 END AS going
      FROM unnest($1::text[]) AS policy(overlap)
      CROSS JOIN LATERAL (
        SELECT id, next_run, last_run, runs_started, schedule_kind, schedule_expr, timezone,
          schedule_anchor, dst_gap, dst_overlap, overlap, catch_up, catch_up_window_seconds,
          jitter_seconds, starts_at, ends_at, max_runs,
          CASE schedule_kind WHEN 'condition' THEN payload::text END AS payload
        FROM task
        WHERE status = 'active' AND last_emitted IS DISTINCT FROM next_run
          AND overlap = policy.overlap
          AND next_run <= now()
            + CASE WHEN policy.overlap = 'allow' THEN $2 ELSE 0 END * interval '1 millisecond'
        ORDER BY next_run
        LIMIT $3
        FOR NO KEY UPDATE SKIP LOCKED) due
      WHERE NOT EXISTS (SELECT FROM brake WHERE only_row AND pulled_at IS NOT NULL)
      LIMIT $3""";

  /**
   * The unique index on the occurrence is a tripwire: the claim already made it unique. What is met
   * there all the same settles the task if nothing follows.
   */
  private static final String EMIT =
      """
      WITH emitted AS (
        INSERT INTO due_work_open (id, task_id, agent_id, run_at, available_at, priority, status,
          payload, is_last, cause, concurrency_key, concurrency_limit)
        SELECT e.id, t.id, t.created_by, e.run_at, e.available_at, t.priority, 'pending',
          task_snapshot(t), e.is_last,
          CASE t.schedule_kind WHEN 'condition' THEN 'condition' ELSE 'schedule' END,
          task_key(t), task_limit(t)
        FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::boolean[])
          AS e(id, task_id, run_at, available_at, is_last)
        JOIN task t ON t.id = e.task_id
        ON CONFLICT (task_id, run_at) WHERE cause IN ('schedule', 'condition')
          DO UPDATE SET is_last = true WHERE excluded.is_last
        RETURNING id)
      SELECT count(*) AS emitted FROM emitted JOIN unnest($1::uuid[]) AS wanted(id) USING (id)""";

  /**
   * Asks the runs of tasks that are still going, as the claim counts them, to stop; rows are locked
   * in the order of ids, as everywhere. One look for each of the two indexes of a task's work.
   */
  private static final String STOP_GOING =
      """
      UPDATE due_work_open
      SET cancel_requested = true,
        available_at = CASE WHEN status = 'pending' THEN least(available_at, now())
          ELSE available_at END
      WHERE id = ANY (ARRAY(
        SELECT id FROM due_work_open
        WHERE phase = 'forward' AND id = ANY (ARRAY(
          SELECT id FROM due_work_open
          WHERE task_id = ANY ($1) AND cause IN ('schedule', 'condition')
            AND NOT (status = 'pending' AND started_at IS NULL
              AND coalesce(trigger_data ? 'snooze', false) AND available_at > now())
          UNION ALL
          SELECT id FROM due_work_open
          WHERE task_id = ANY ($1) AND cause NOT IN ('schedule', 'condition')
            AND NOT (cause = 'backfill' AND status = 'pending' AND started_at IS NULL)))
        ORDER BY id
        FOR UPDATE))""";

  /** A probe is no run: those that start one are counted by the worker that decides so. */
  private static final String ADVANCE =
      """
      UPDATE task t
      SET next_run = a.next_run, last_emitted = coalesce(a.last_emitted, t.last_emitted),
        last_run = greatest(a.last_emitted, t.last_run),
        runs_started = t.runs_started
          + CASE t.schedule_kind WHEN 'condition' THEN 0 ELSE a.fired END,
        status = CASE WHEN a.is_over THEN 'completed' ELSE t.status END,
        status_reason = CASE WHEN a.is_over THEN a.reason ELSE t.status_reason END,
        updated_at = CASE WHEN a.is_over THEN now() ELSE t.updated_at END
      FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::integer[], $5::boolean[],
        $6::text[]) AS a(task_id, next_run, last_emitted, fired, is_over, reason)
      WHERE t.id = a.task_id""";

  private static final String SKIP =
      """
      INSERT INTO skipped_firing (task_id, from_at, to_at, count, reason)
      SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::integer[],
        $5::text[])""";

  /** Only a task that still owes what it owed: others may have seen to it. */
  private static final String FAIL =
      """
      UPDATE task
      SET status = 'failed', status_reason = $3, next_run = NULL, updated_at = now()
      WHERE id = $1 AND next_run = $2 AND status = 'active'
        AND last_emitted IS DISTINCT FROM next_run""";

  /** Signals become work under the same id, so that whoever sent one can ask for its run. */
  private static final String TAKE_SIGNALS =
      """
      WITH taken AS (
        DELETE FROM signal
        WHERE id = ANY (ARRAY(
          SELECT id FROM signal
          WHERE NOT EXISTS (SELECT FROM brake WHERE only_row AND pulled_at IS NOT NULL)
          ORDER BY created_at, id LIMIT $1 FOR UPDATE SKIP LOCKED))
        RETURNING *)
      INSERT INTO due_work_open (id, task_id, agent_id, run_at, available_at, priority, status,
        payload, trigger_data, is_last, cause, resumes, root_id, depth, traceparent, admitted_at,
        concurrency_key, concurrency_limit)
      SELECT s.id, s.task_id, s.agent_id, s.run_at, s.available_at,
        coalesce(s.priority, t.priority, 5), 'pending',
        coalesce(s.payload, task_snapshot(t)),
        CASE WHEN s.params IS NULL THEN '{}' ELSE jsonb_build_object('params', s.params) END
          || CASE WHEN s.event IS NULL THEN '{}' ELSE jsonb_build_object('event', s.event) END
          || CASE WHEN s.snooze IS NULL THEN '{}' ELSE jsonb_build_object('snooze', s.snooze) END,
        s.is_last, s.cause, s.resumes, s.root_id, s.depth, s.traceparent, s.admitted_at,
        task_key(t), task_limit(t)
      FROM taken s LEFT JOIN task t ON t.id = s.task_id
      ON CONFLICT (task_id, run_at) WHERE cause IN ('schedule', 'condition') DO NOTHING
      RETURNING cause""";

  /** Policies decided at their own time come first: they are few, and they can't be early. */
  private static final String[] POLICIES = {"skip", "buffer_one", "cancel_running", "allow"};

  private EmissionTable() {}

  static Optional<Double> secondsUntilDue(Statements db, Duration lookAhead) {
    return db.query(
            UNTIL_DUE,
            Tuple.tuple().addArrayOfString(POLICIES).addLong(lookAhead.toMillis()),
            row -> Optional.ofNullable(row.getDouble("seconds")))
        .get(0);
  }

  static List<DueTask> claim(Statements db, Schedules schedules, Duration lookAhead, int limit) {
    List<DueTask> claimed = due(db, schedules, lookAhead, limit);
    List<DueTask> setBack = claimed.stream().filter(DueTask::wasSetBack).toList();
    return setBack.isEmpty() ? claimed : withFired(db, claimed, setBack);
  }

  private static List<DueTask> due(
      Statements db, Schedules schedules, Duration lookAhead, int limit) {
    return db.query(
        CLAIM,
        Tuple.tuple().addArrayOfString(POLICIES).addLong(lookAhead.toMillis()).addInteger(limit),
        row ->
            new DueTask(
                Columns.id(row, "id"),
                Columns.instant(row, "next_run"),
                Columns.instantOrNull(row, "last_run"),
                Collections.emptyNavigableSet(),
                Columns.instant(row, "now"),
                row.getLong("runs_started"),
                row.getLong("going"),
                ScheduleKind.of(Columns.text(row, "schedule_kind")),
                TaskRows.firing(row),
                () -> schedule(schedules, row)));
  }

  /** Where a cursor was set back, what it owes may have fired already: that does not again. */
  private static List<DueTask> withFired(
      Statements db, List<DueTask> claimed, List<DueTask> setBack) {
    Map<UUID, NavigableSet<Instant>> fired =
        FiredTable.fired(
            db,
            setBack.stream()
                .map(task -> new Stretch(task.id(), task.nextRun(), task.latest()))
                .toList());
    return claimed.stream()
        .map(task -> task.having(fired.getOrDefault(task.id(), task.fired())))
        .toList();
  }

  /** A one-time task's cursor is all that counts; its expression is not read again. */
  private static Schedule schedule(Schedules schedules, Row row) {
    Timing timing = TaskRows.timing(row);
    return timing.kind() == ScheduleKind.ONCE
        ? new Once(Columns.instant(row, "next_run"))
        : TaskRows.firing(row).bound(schedules.of(timing));
  }

  /** Makes work of occurrences; of how many, the others had been emitted before. */
  static int emit(Statements db, List<Emission> emissions) {
    return db.first(
            EMIT,
            Tuple.of(
                emissions.stream().map(e -> Ids.next()).toArray(UUID[]::new),
                emissions.stream().map(Emission::taskId).toArray(UUID[]::new),
                emissions.stream()
                    .map(e -> Columns.argument(e.runAt()))
                    .toArray(OffsetDateTime[]::new),
                emissions.stream()
                    .map(e -> Columns.argument(e.availableAt()))
                    .toArray(OffsetDateTime[]::new),
                emissions.stream().map(Emission::isLast).toArray(Boolean[]::new)),
            row -> row.getInteger("emitted"))
        .orElseThrow();
  }

  static void advance(Statements db, List<Advance> advances) {
    db.execute(
        ADVANCE,
        Tuple.of(
            advances.stream().map(Advance::taskId).toArray(UUID[]::new),
            advances.stream()
                .map(a -> Columns.argument(a.nextRun()))
                .toArray(OffsetDateTime[]::new),
            advances.stream()
                .map(a -> Columns.argument(a.lastEmitted()))
                .toArray(OffsetDateTime[]::new),
            advances.stream().map(Advance::fired).toArray(Integer[]::new),
            advances.stream().map(Advance::isOver).toArray(Boolean[]::new),
            advances.stream().map(Advance::reason).toArray(String[]::new)));
  }

  static void stopGoing(Statements db, List<UUID> taskIds) {
    db.execute(STOP_GOING, Tuple.tuple().addArrayOfUUID(taskIds.toArray(UUID[]::new)));
  }

  static void skip(Statements db, List<Skip> skips) {
    db.execute(
        SKIP,
        Tuple.of(
            skips.stream().map(Skip::taskId).toArray(UUID[]::new),
            skips.stream().map(s -> Columns.argument(s.from())).toArray(OffsetDateTime[]::new),
            skips.stream().map(s -> Columns.argument(s.to())).toArray(OffsetDateTime[]::new),
            skips.stream().map(Skip::count).toArray(Integer[]::new),
            skips.stream().map(s -> s.reason().stored()).toArray(String[]::new)));
  }

  static void fail(Statements db, DueTask task, String reason) {
    db.execute(FAIL, Tuple.of(task.id(), Columns.argument(task.nextRun()), reason));
  }

  /** Makes work of signals, and answers with the cause of each. */
  static List<String> takeSignals(Statements db, int limit) {
    return db.query(TAKE_SIGNALS, Tuple.of(limit), row -> Columns.text(row, "cause"));
  }
}

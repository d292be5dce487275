package io.ordinaut.scheduler.tick;

import io.ordinaut.schedule.Once;
import io.ordinaut.schedule.Schedule;
import io.ordinaut.schedule.ScheduleKind;
import io.ordinaut.scheduler.plan.Advance;
import io.ordinaut.scheduler.plan.DueTask;
import io.ordinaut.scheduler.plan.Emission;
import io.ordinaut.scheduler.plan.Skip;
import io.ordinaut.store.Columns;
import io.ordinaut.store.Statements;
import io.ordinaut.store.TaskRows;
import io.ordinaut.task.Task;
import io.ordinaut.task.TaskDraft;
import io.ordinaut.work.Ids;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/** The statements of the tick: what is due, what is emitted, where cursors go. */
final class EmissionTable {
  /** Seconds until something is to be done; the two subqueries read one index entry each. */
  private static final String UNTIL_DUE =
      """
      SELECT CASE WHEN EXISTS (SELECT FROM signal) THEN 0
        ELSE extract(epoch FROM (
          SELECT next_run FROM task
          WHERE status = 'active' AND last_emitted IS DISTINCT FROM next_run
          ORDER BY next_run LIMIT 1) - now())::float8 END AS seconds""";

  private static final String CLAIM =
      """
      SELECT id, created_by, title, description, schedule_kind, schedule_expr, timezone,
        schedule_anchor, dst_gap, dst_overlap, payload::text AS payload, priority, max_retries,
        backoff_strategy, backoff_base_seconds, backoff_max_seconds, labels::text AS labels,
        status, status_reason, next_run, last_run, runs_started, version, created_at, updated_at,
        now() AS now
      FROM task
      WHERE status = 'active' AND last_emitted IS DISTINCT FROM next_run
        AND next_run <= now() + $1 * interval '1 millisecond'
      ORDER BY next_run
      LIMIT $2
      FOR NO KEY UPDATE SKIP LOCKED""";

  /** The unique index on the occurrence is a tripwire: the claim already made it unique. */
  private static final String EMIT =
      """
      INSERT INTO due_work_open (id, task_id, agent_id, run_at, priority, status, payload, is_last,
        cause)
      SELECT e.id, t.id, t.created_by, e.run_at, t.priority, 'pending',
        t.payload || jsonb_build_object('settings', jsonb_build_object(
          'max_retries', t.max_retries,
          'backoff_strategy', t.backoff_strategy,
          'backoff_base_seconds', t.backoff_base_seconds,
          'backoff_max_seconds', t.backoff_max_seconds)),
        e.is_last, 'schedule'
      FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::boolean[])
        AS e(id, task_id, run_at, is_last)
      JOIN task t ON t.id = e.task_id
      ON CONFLICT (task_id, run_at) WHERE cause = 'schedule' DO NOTHING""";

  private static final String ADVANCE =
      """
      UPDATE task t
      SET next_run = a.next_run, last_emitted = coalesce(a.last_emitted, t.last_emitted),
        last_run = coalesce(a.last_emitted, t.last_run), runs_started = t.runs_started + a.fired,
        status = CASE WHEN a.is_over THEN 'completed' ELSE t.status END,
        updated_at = CASE WHEN a.is_over THEN now() ELSE t.updated_at END
      FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::integer[], $5::boolean[])
        AS a(task_id, next_run, last_emitted, fired, is_over)
      WHERE t.id = a.task_id""";

  private static final String SKIP =
      """
      INSERT INTO skipped_firing (task_id, from_at, to_at, count, reason)
      SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::integer[],
        $5::text[])""";

  private static final String FAIL =
      """
      UPDATE task
      SET status = 'failed', status_reason = $2, next_run = NULL, updated_at = now()
      WHERE id = $1""";

  /** Signals become work under the same id, so that whoever sent one can ask for its run. */
  private static final String TAKE_SIGNALS =
      """
      WITH taken AS (
        DELETE FROM signal
        WHERE id = ANY (ARRAY(
          SELECT id FROM signal ORDER BY created_at, id LIMIT $1 FOR UPDATE SKIP LOCKED))
        RETURNING *)
      INSERT INTO due_work_open (id, task_id, agent_id, run_at, available_at, priority, status,
        payload, trigger_data, cause, resumes, root_id, depth, traceparent)
      SELECT s.id, s.task_id, s.agent_id, s.run_at, s.available_at,
        coalesce(s.priority, t.priority, 5), 'pending',
        coalesce(s.payload, t.payload || jsonb_build_object('settings', jsonb_build_object(
          'max_retries', t.max_retries,
          'backoff_strategy', t.backoff_strategy,
          'backoff_base_seconds', t.backoff_base_seconds,
          'backoff_max_seconds', t.backoff_max_seconds))),
        jsonb_strip_nulls(jsonb_build_object('params', s.params, 'event', s.event)),
        s.cause, s.resumes, s.root_id, s.depth, s.traceparent
      FROM taken s LEFT JOIN task t ON t.id = s.task_id""";

  private EmissionTable() {}

  static Optional<Double> secondsUntilDue(Statements db) {
    return db.query(UNTIL_DUE, Tuple.tuple(), row -> Optional.ofNullable(row.getDouble("seconds")))
        .get(0);
  }

  static List<DueTask> claim(Statements db, Duration lookAhead, int limit) {
    return db.query(
        CLAIM,
        Tuple.of(lookAhead.toMillis(), limit),
        row ->
            new DueTask(
                Columns.id(row, "id"),
                Columns.instant(row, "next_run"),
                Columns.instant(row, "now"),
                () -> schedule(TaskRows.task(row))));
  }

  /** A one-time task's cursor is all that counts; its expression is not read again. */
  private static Schedule schedule(Task task) {
    if (task.spec().scheduleKind() == ScheduleKind.ONCE) {
      return new Once(Objects.requireNonNull(task.nextRun()));
    }
    return TaskDraft.schedule(task.spec(), task.scheduleAnchor());
  }

  static int emit(Statements db, List<Emission> emissions) {
    return db.execute(
        EMIT,
        Tuple.of(
            emissions.stream().map(e -> Ids.next()).toArray(UUID[]::new),
            emissions.stream().map(Emission::taskId).toArray(UUID[]::new),
            emissions.stream().map(e -> Columns.argument(e.runAt())).toArray(OffsetDateTime[]::new),
            emissions.stream().map(Emission::isLast).toArray(Boolean[]::new)));
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
            advances.stream().map(Advance::isOver).toArray(Boolean[]::new)));
  }

  static void skip(Statements db, List<Skip> skips) {
    db.execute(
        SKIP,
        Tuple.of(
            skips.stream().map(Skip::taskId).toArray(UUID[]::new),
            skips.stream().map(s -> Columns.argument(s.from())).toArray(OffsetDateTime[]::new),
            skips.stream().map(s -> Columns.argument(s.to())).toArray(OffsetDateTime[]::new),
            skips.stream().map(Skip::count).toArray(Integer[]::new),
            skips.stream().map(Skip::reason).toArray(String[]::new)));
  }

  static void fail(Statements db, UUID taskId, String reason) {
    db.execute(FAIL, Tuple.of(taskId, reason));
  }

  static int takeSignals(Statements db, int limit) {
    return db.execute(TAKE_SIGNALS, Tuple.of(limit));
  }
}

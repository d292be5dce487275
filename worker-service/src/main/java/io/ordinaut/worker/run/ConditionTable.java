package io.ordinaut.worker.run;

import io.ordinaut.pipeline.Probe;
import io.ordinaut.store.Columns;
import io.ordinaut.store.Partitions;
import io.ordinaut.store.Statements;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.step.StepTry;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Statements by which looks at a condition become runs. Fenced by the lease's token, as all. */
final class ConditionTable {
  /**
   * A run that somebody asked for carries the same snapshot as one that looks. Looks are put in
   * order by this clock, since those of workers may differ.
   */
  private static final String BEGIN =
      """
      SELECT cause = 'condition' AS is_probe, clock_timestamp() AS at FROM due_work_open
      WHERE id = $1 AND lease_token = $2 AND status = 'running'""";

  /**
   * Decides on a look and, when it starts a run, stores what makes the decision final: the value as
   * a checkpoint, and that the work has begun, so that its next holder asks for checkpoints.
   *
   * <p>The lock of the task's row makes looks decide one after the other, and the conflict clause
   * reads the state that the one before has left, however old this statement's snapshot is. A look
   * that began before the last one that was decided says nothing about the condition any more: it
   * changes nothing and starts nothing. Nor does one that would fire in the microsecond of another,
   * so that fired_at tells which look fired. The cooldown is measured by the clock as it is under
   * the lock: now() may lie before the firing that was waited for.
   *
   * <p>A last look or firing that lies ahead by more than a minute was noted while the clock was
   * wrong. It overtakes nothing, and nothing cools down after it: the condition would be dead until
   * then.
   */
  private static final String DECIDE =
      """
      WITH tasks AS MATERIALIZED (
        SELECT t.id FROM task t WHERE t.id = $3 FOR NO KEY UPDATE),
      held AS MATERIALIZED (
        SELECT w.id, w.task_id FROM due_work_open w JOIN tasks t ON t.id = w.task_id
        WHERE w.id = $1 AND w.lease_token = $2 AND w.status = 'running'
        FOR UPDATE OF w),
      state AS (
        INSERT INTO condition_state AS s (task_id, was_true, looked_at, fired_at)
        SELECT h.task_id, $4::boolean, $5::timestamptz, CASE WHEN $4 THEN now() END FROM held h
        ON CONFLICT (task_id) DO UPDATE
        SET was_true = excluded.was_true, looked_at = excluded.looked_at,
          fired_at = CASE
            WHEN excluded.was_true AND NOT (s.was_true AND $6::boolean)
              AND coalesce(s.fired_at + $7 * interval '1 second' <= clock_timestamp()
                OR s.fired_at > clock_timestamp() + interval '1 minute', true)
            THEN now() ELSE s.fired_at END
        WHERE (s.looked_at <= excluded.looked_at
            OR s.looked_at > clock_timestamp() + interval '1 minute')
          AND s.fired_at IS DISTINCT FROM now()
        RETURNING s.task_id, s.fired_at IS NOT DISTINCT FROM now() AS fires),
      fired AS (
        SELECT h.id, h.task_id FROM held h JOIN state s ON s.task_id = h.task_id WHERE s.fires),
      counted AS (
        UPDATE task t SET runs_started = t.runs_started + 1 FROM fired f WHERE t.id = f.task_id),
      begun AS (
        UPDATE due_work_open w SET started_at = coalesce(w.started_at, $5)
        FROM fired f WHERE w.id = f.id),
      log AS (
        INSERT INTO run_log (run_id, task_id, kind, step_id, item, attempt, status, input, output,
          error_code, error, started_at, finished_at)
        SELECT f.id, f.task_id, l.kind, l.step_id, l.item, l.attempt, l.status, l.input::jsonb,
          l.output::jsonb, l.error_code, l.error, l.started_at, l.finished_at
        FROM unnest($8::uuid[], $9::text[], $10::text[], $11::integer[], $12::integer[], $13::text[],
            $14::text[], $15::text[], $16::text[], $17::text[], $18::timestamptz[], $19::timestamptz[])
          WITH ORDINALITY AS l(run_id, kind, step_id, item, attempt, status, input, output, error_code, error,
            started_at, finished_at, position)
        JOIN fired f ON f.id = l.run_id
        ORDER BY l.position)
      SELECT EXISTS (SELECT FROM fired) AS fires FROM held""";

  private ConditionTable() {}

  /** Before the probe is called; empty when the lease was lost. */
  static Optional<Look> begin(Statements db, Lease lease) {
    return db.first(
        BEGIN,
        Tuple.of(lease.id(), lease.token()),
        row -> new Look(row.getBoolean("is_probe"), Columns.instant(row, "at")));
  }

  /**
   * Decides on a look.
   *
   * @param lookedAt when it began
   * @param tried the call that looked, with the value that it brought
   * @param isTrue what the condition says of that value
   * @return whether it starts a run; empty when the lease was lost
   */
  static Optional<Boolean> decide(
      Statements db, Lease lease, Probe probe, Instant lookedAt, StepTry tried, boolean isTrue) {
    Tuple arguments =
        Tuple.tuple()
            .addUUID(lease.id())
            .addUUID(lease.token())
            .addUUID(lease.taskId())
            .addBoolean(isTrue)
            .addOffsetDateTime(Columns.argument(lookedAt))
            .addBoolean(probe.edge() == Probe.Edge.RISING)
            .addLong(probe.cooldown().toSeconds());
    LogArrays.append(
        arguments,
        List.of(new LogEntry(lease.id(), lease.taskId(), LogEntry.Kind.PROBE, tried, false)));
    return Partitions.madeIfMissing(
        db, () -> db.first(DECIDE, arguments, row -> row.getBoolean("fires")));
  }

  /**
   * A look that is about to be taken.
   *
   * @param isProbe whether the work is there to look, not because somebody asked for a run
   * @param at the database's clock
   */
  record Look(boolean isProbe, Instant at) {}
}

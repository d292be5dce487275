package io.ordinaut.store;

import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Takes back work that a command has made untrue, in the command's own transaction and under the
 * lock of the task's row. Work that a worker holds, or has begun, is left alone: the row decides
 * who came first.
 */
public final class WithdrawalTable {
  private static final String FUTURE =
      """
      WITH work AS (
        DELETE FROM due_work_open
        WHERE task_id = $1 AND cause IN ('schedule', 'condition') AND status = 'pending'
          AND started_at IS NULL AND run_at > $2
          AND ($3 OR NOT coalesce(trigger_data ? 'snooze', false))
        RETURNING run_at),
      waiting AS (
        DELETE FROM signal
        WHERE $3 AND task_id = $1 AND cause IN ('schedule', 'condition') AND run_at > $2
        RETURNING run_at)
      SELECT run_at FROM work UNION ALL SELECT run_at FROM waiting""";

  private static final String DUE =
      """
      WITH work AS (
        DELETE FROM due_work_open
        WHERE task_id = $1 AND cause IN ('schedule', 'condition') AND status = 'pending'
          AND started_at IS NULL AND run_at <= $2
        RETURNING run_at),
      waiting AS (
        DELETE FROM signal
        WHERE task_id = $1 AND cause IN ('schedule', 'condition') AND run_at <= $2
        RETURNING run_at)
      SELECT run_at FROM work UNION ALL SELECT run_at FROM waiting""";

  /** The next occurrence, if it was emitted and nobody has begun it. */
  private static final String NEXT =
      """
      WITH next AS MATERIALIZED (
        SELECT id FROM due_work_open
        WHERE task_id = $1 AND cause IN ('schedule', 'condition') AND status = 'pending'
          AND started_at IS NULL
        ORDER BY run_at
        LIMIT 1
        FOR UPDATE SKIP LOCKED),
      work AS (
        DELETE FROM due_work_open WHERE id = (SELECT id FROM next)
        RETURNING id, run_at, is_last),
      waiting AS (
        DELETE FROM signal
        WHERE id = (
          SELECT id FROM signal
          WHERE task_id = $1 AND cause IN ('schedule', 'condition')
            AND NOT EXISTS (SELECT FROM work)
          ORDER BY run_at
          LIMIT 1
          FOR UPDATE)
        RETURNING id, run_at, is_last)
      SELECT id, run_at, is_last FROM work
      UNION ALL SELECT id, run_at, is_last FROM waiting""";

  private static final String REPLACE_DUE =
      """
      UPDATE due_work_open w
      SET priority = t.priority, payload = task_snapshot(t), concurrency_key = task_key(t),
        concurrency_limit = task_limit(t)
      FROM task t
      WHERE t.id = $1 AND w.task_id = t.id AND w.cause IN ('schedule', 'condition') AND w.status = 'pending'
        AND w.started_at IS NULL
        AND (w.run_at <= $2 OR coalesce(w.trigger_data ? 'snooze', false))""";

  /**
   * Work of every other cause keeps its payload but waits under the key that its task has now. Rows
   * are locked in the order of ids, as everywhere.
   */
  private static final String REPLACE_LIMITS =
      """
      UPDATE due_work_open w
      SET concurrency_key = task_key(t), concurrency_limit = task_limit(t)
      FROM task t
      WHERE t.id = $1 AND w.id = ANY (ARRAY(
        SELECT id FROM due_work_open
        WHERE task_id = $1 AND cause NOT IN ('schedule', 'condition') AND status = 'pending'
        ORDER BY id
        FOR UPDATE))""";

  /** After an edit of the schedule, no run of the old one is the last. */
  private static final String NONE_IS_LAST =
      """
      WITH waiting AS (
        UPDATE signal SET is_last = false
        WHERE task_id = $1 AND cause IN ('schedule', 'condition') AND is_last)
      UPDATE due_work_open SET is_last = false
      WHERE task_id = $1 AND cause IN ('schedule', 'condition') AND is_last""";

  private static final String FORGET = "DELETE FROM due_work_open WHERE task_id = $1";

  private WithdrawalTable() {}

  /** Deletes what is open, also what a worker holds: its lease is lost with it. */
  public static void forget(Statements tx, UUID taskId) {
    tx.execute(FORGET, Tuple.of(taskId));
  }

  /**
   * Deletes emitted work whose time has not come; its nominal times, to go back to.
   *
   * @param snoozedToo also what was put off
   */
  public static List<Instant> withdrawFuture(
      Statements tx, UUID taskId, Instant now, boolean snoozedToo) {
    return tx.query(
        FUTURE,
        Tuple.of(taskId, Columns.argument(now), snoozedToo),
        row -> Columns.instant(row, "run_at"));
  }

  /**
   * An occurrence taken back from where it waited.
   *
   * @param id of its work
   * @param runAt its nominal time
   * @param isLast whether nothing follows it
   */
  public record Occurrence(UUID id, Instant runAt, boolean isLast) {}

  /** Takes back the next occurrence, if it was emitted and nobody has begun it. */
  public static Optional<Occurrence> withdrawNext(Statements tx, UUID taskId) {
    return tx.first(
        NEXT,
        Tuple.of(taskId),
        row ->
            new Occurrence(
                Columns.id(row, "id"), Columns.instant(row, "run_at"), row.getBoolean("is_last")));
  }

  /** Deletes emitted work whose time has come but which nobody has begun. */
  public static List<Instant> withdrawDue(Statements tx, UUID taskId, Instant now) {
    return tx.query(
        DUE, Tuple.of(taskId, Columns.argument(now)), row -> Columns.instant(row, "run_at"));
  }

  /** Gives the task's new snapshot to work whose time has come but which nobody has begun. */
  public static void replaceDue(Statements tx, UUID taskId, Instant now) {
    tx.execute(REPLACE_DUE, Tuple.of(taskId, Columns.argument(now)));
  }

  /** Puts what waits and is not scheduled under the key and the limit that the task has now. */
  public static void replaceLimits(Statements tx, UUID taskId) {
    tx.execute(REPLACE_LIMITS, Tuple.of(taskId));
  }

  /** Leaves it to work that is still to come to settle the task. */
  public static void noneIsLast(Statements tx, UUID taskId) {
    tx.execute(NONE_IS_LAST, Tuple.of(taskId));
  }

  /** Ends all that waits, of every cause, and asks what runs to stop. */
  public static void cancelAll(Statements tx, UUID taskId, Instant now) {
    withdrawFuture(tx, taskId, now, true);
    CancellationTable.endAll(tx, taskId);
  }
}

package io.ordinaut.api.run;

import io.ordinaut.store.Columns;
import io.ordinaut.store.Statements;
import io.vertx.sqlclient.Tuple;
import java.util.Optional;
import java.util.UUID;

/** Statements around the end of one run: whose it is, and what its end makes of its task. */
final class CancelTable {
  /** In one statement: a signal that becomes work meanwhile is seen in one of its places. */
  private static final String OPEN =
      """
      SELECT task_id FROM signal WHERE id = $1
      UNION ALL SELECT task_id FROM due_work_open WHERE id = $1
      LIMIT 1""";

  private static final String LOCK_TASK = "SELECT id FROM task WHERE id = $1 FOR NO KEY UPDATE";

  private static final String ENDED =
      "SELECT status FROM task_run WHERE id = $1 AND created_at >= $2";

  /** As a worker settles the task whose last run it ended. */
  private static final String SETTLE =
      """
      UPDATE task
      SET status = CASE schedule_kind WHEN 'once' THEN 'canceled' ELSE 'completed' END,
        status_reason = CASE schedule_kind WHEN 'once' THEN 'Its run was canceled.' END,
        next_run = NULL, updated_at = now()
      WHERE id = $1 AND status IN ('active', 'paused')
        AND (next_run IS NULL OR next_run = last_emitted)""";

  private CancelTable() {}

  /** The task of a run that has not ended, within what says that it has not. */
  static Optional<Optional<UUID>> open(Statements tx, UUID id) {
    return tx.first(OPEN, Tuple.of(id), row -> Optional.ofNullable(row.getUUID("task_id")));
  }

  static void lockTask(Statements tx, UUID taskId) {
    tx.query(LOCK_TASK, Tuple.of(taskId), row -> taskId);
  }

  /** How a run ended; empty when it has not, or is not known. */
  static Optional<String> ended(Statements tx, UUID id) {
    return tx.first(ENDED, Tuple.of(id, Moments.bound(id)), row -> Columns.text(row, "status"));
  }

  static void settle(Statements tx, UUID taskId) {
    tx.execute(SETTLE, Tuple.of(taskId));
  }
}

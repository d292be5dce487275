package io.ordinaut.api.task;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.json.Json;
import io.ordinaut.store.Columns;
import io.ordinaut.store.Statements;
import io.ordinaut.store.WithdrawalTable;
import io.ordinaut.work.Cause;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Statements on single occurrences of a task: put off, made up for, looked back at. */
final class TimeTable {
  private static final String PUT_OFF =
      """
      INSERT INTO signal (id, task_id, agent_id, cause, run_at, available_at, is_last, snooze)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text::jsonb)""";

  private static final String ADVANCE =
      """
      UPDATE task
      SET next_run = $2, last_emitted = $3, last_run = greatest(last_run, $3), runs_started = runs_started + $4
      WHERE id = $1""";

  private static final String BACKFILL =
      """
      INSERT INTO signal (id, task_id, agent_id, cause, run_at, available_at, priority)
      SELECT b.id, $2, $3, 'backfill', b.run_at, now(), 9
      FROM unnest($1::uuid[], $4::timestamptz[]) AS b(id, run_at)""";

  /** What of a stretch of time has fired or is about to, by schedule or by backfill. */
  private static final String FIRED =
      """
      SELECT run_at FROM due_work_open
      WHERE task_id = $1 AND cause IN ('schedule', 'condition') AND run_at BETWEEN $2 AND $3
      UNION
      SELECT run_at FROM due_work_open
      WHERE task_id = $1 AND cause NOT IN ('schedule', 'condition') AND cause = 'backfill'
        AND run_at BETWEEN $2 AND $3
      UNION
      SELECT run_at FROM signal
      WHERE task_id = $1 AND cause IN ('schedule', 'backfill') AND run_at BETWEEN $2 AND $3
      UNION
      SELECT run_at FROM task_run
      WHERE task_id = $1 AND cause IN ('schedule', 'backfill') AND run_at BETWEEN $2 AND $3
        AND created_at >= $2::timestamptz - interval '1 hour'
      UNION
      SELECT run_at FROM task_run
      WHERE task_id = $1 AND cause IN ('schedule', 'backfill') AND run_at BETWEEN $2 AND $3
        AND status = 'canceled' AND started_at IS NULL""";

  private static final String KEPT_FROM =
      "SELECT kept_from FROM history_horizon WHERE history = 'task_run'";

  /** What became of a stretch of time: runs and recorded spans, newest first. */
  private static final String FIRINGS =
      """
      SELECT run_at AS from_at, run_at AS to_at, 1::bigint AS count, 'fired' AS outcome, cause, id,
        status
      FROM task_run
      WHERE task_id = $1 AND cause IN ('schedule', 'condition', 'event', 'backfill')
        AND run_at BETWEEN $2 AND $3 AND created_at >= $2::timestamptz - interval '1 hour'
      UNION ALL
      SELECT run_at, run_at, 1, 'fired', cause, id, status
      FROM task_run
      WHERE task_id = $1 AND cause IN ('schedule', 'condition', 'event', 'backfill')
        AND run_at BETWEEN $2 AND $3 AND created_at < $2::timestamptz - interval '1 hour'
        AND status = 'canceled' AND started_at IS NULL
      UNION ALL
      SELECT run_at, run_at, 1, 'fired', cause, id,
        CASE WHEN status = 'running' OR started_at IS NOT NULL THEN 'running' ELSE 'pending' END
      FROM due_work_open
      WHERE task_id = $1 AND cause IN ('schedule', 'condition') AND run_at BETWEEN $2 AND $3
      UNION ALL
      SELECT run_at, run_at, 1, 'fired', cause, id,
        CASE WHEN status = 'running' OR started_at IS NOT NULL THEN 'running' ELSE 'pending' END
      FROM due_work_open
      WHERE task_id = $1 AND cause NOT IN ('schedule', 'condition')
        AND cause IN ('event', 'backfill') AND run_at BETWEEN $2 AND $3
      UNION ALL
      SELECT run_at, run_at, 1, 'fired', cause, id, 'pending'
      FROM signal
      WHERE task_id = $1 AND cause IN ('schedule', 'event', 'backfill')
        AND run_at BETWEEN $2 AND $3
      UNION ALL
      SELECT from_at, to_at, count, reason, NULL, NULL, NULL
      FROM skipped_firing
      WHERE task_id = $1 AND to_at >= $2 AND from_at <= $3
      ORDER BY from_at DESC, id DESC
      LIMIT $4""";

  private TimeTable() {}

  static void putOff(
      Statements tx,
      UUID taskId,
      UUID agentId,
      Cause cause,
      WithdrawalTable.Occurrence occurrence,
      Instant until,
      ObjectNode snooze) {
    tx.execute(
        PUT_OFF,
        Tuple.of(
            occurrence.id(),
            taskId,
            agentId,
            cause.stored(),
            Columns.argument(occurrence.runAt()),
            Columns.argument(until),
            occurrence.isLast(),
            Json.write(snooze)));
  }

  static void advance(
      Statements tx, UUID taskId, @Nullable Instant nextRun, Instant emitted, int fired) {
    tx.execute(
        ADVANCE, Tuple.of(taskId, Columns.argument(nextRun), Columns.argument(emitted), fired));
  }

  static void backfill(
      Statements tx, UUID taskId, UUID agentId, List<UUID> ids, List<Instant> occurrences) {
    tx.execute(
        BACKFILL,
        Tuple.tuple()
            .addArrayOfUUID(ids.toArray(UUID[]::new))
            .addUUID(taskId)
            .addUUID(agentId)
            .addArrayOfOffsetDateTime(
                occurrences.stream().map(Columns::argument).toArray(OffsetDateTime[]::new)));
  }

  static List<Instant> fired(Statements tx, UUID taskId, Instant from, Instant to) {
    return tx.query(
        FIRED,
        Tuple.of(taskId, Columns.argument(from), Columns.argument(to)),
        row -> Columns.instant(row, "run_at"));
  }

  /** From when on it is known what fired; empty when nothing was removed yet. */
  static Optional<Instant> keptFrom(Statements tx) {
    return tx.first(KEPT_FROM, Tuple.tuple(), row -> Columns.instant(row, "kept_from"));
  }

  static List<ObjectNode> firings(Statements db, UUID taskId, Instant from, Instant to, int limit) {
    return db.query(
        FIRINGS,
        Tuple.of(taskId, Columns.argument(from), Columns.argument(to), limit),
        TimeTable::firing);
  }

  private static ObjectNode firing(Row row) {
    ObjectNode firing = Json.object();
    UUID runId = row.getUUID("id");
    firing.put("from", Columns.instant(row, "from_at").toString());
    firing.put("to", Columns.instant(row, "to_at").toString());
    firing.put("count", row.getLong("count"));
    firing.put("outcome", Columns.text(row, "outcome"));
    firing.put("cause", row.getString("cause"));
    firing.put("run_id", runId == null ? null : runId.toString());
    firing.put("run_status", row.getString("status"));
    return firing;
  }
}

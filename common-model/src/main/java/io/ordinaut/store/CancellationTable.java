package io.ordinaut.store;

import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Ends one run or all of a task, or asks for their end, in the command's own transaction and under
 * the lock of the task's row. Whoever else wants a run's row at the time waits for it: the row
 * decides who came first.
 */
public final class CancellationTable {
  private static final String LOCK =
      """
      SELECT is_last, phase = 'rollback' AS rolling_back,
        status = 'running' AND locked_until >= clock_timestamp() AS held
      FROM due_work_open WHERE id = $1
      FOR UPDATE""";

  private static final String LOCK_SIGNALS =
      """
      SELECT id FROM signal WHERE task_id = $1
      ORDER BY id
      FOR UPDATE""";

  /**
   * What has begun to undo what it did is left alone: ended halfway, nobody would go on with it.
   * Its causes are told apart because there is an index for either kind.
   */
  private static final String LOCK_WORK =
      """
      SELECT id, status = 'running' AS runs FROM due_work_open
      WHERE phase = 'forward' AND id IN (
        SELECT id FROM due_work_open
        WHERE task_id = $1 AND cause IN ('schedule', 'condition')
        UNION ALL
        SELECT id FROM due_work_open
        WHERE task_id = $1 AND cause NOT IN ('schedule', 'condition'))
      ORDER BY id
      FOR UPDATE""";

  private static final String END =
      """
      WITH gone AS (DELETE FROM due_work_open WHERE id = ANY ($1) RETURNING *),
      done AS (
        INSERT INTO due_work_done (id, task_id, agent_id, run_at, available_at, priority, status,
          payload, trigger_data, attempt, lost_leases, is_last, started_at, phase, resumes, root_id,
          depth, traceparent, cause, concurrency_key, concurrency_limit, admitted_at, created_at,
          finished_at)
        SELECT id, task_id, agent_id, run_at, available_at, priority, 'canceled',
          payload, trigger_data, attempt, lost_leases, is_last, started_at, phase, resumes, root_id,
          depth, traceparent, cause, concurrency_key, concurrency_limit, admitted_at, created_at,
          now()
        FROM gone)
      INSERT INTO task_run (id, task_id, agent_id, run_at, status, attempt, started_at, finished_at,
        error_code, error_message, cause, resumes, root_id)
      SELECT id, task_id, agent_id, run_at, 'canceled', attempt, started_at, now(), 'canceled',
        $2, cause, resumes, root_id
      FROM gone""";

  /** They are kept as they would have become work, so that they can be tried again. */
  private static final String END_SIGNALS =
      """
      WITH gone AS (DELETE FROM signal WHERE id = ANY ($1) RETURNING *),
      done AS (
        INSERT INTO due_work_done (id, task_id, agent_id, run_at, available_at, priority, status,
          payload, trigger_data, is_last, cause, resumes, root_id, depth, traceparent, admitted_at,
          created_at, finished_at)
        SELECT s.id, s.task_id, s.agent_id, s.run_at, s.available_at,
          coalesce(s.priority, t.priority, 5), 'canceled', coalesce(s.payload, task_snapshot(t)),
          CASE WHEN s.params IS NULL THEN '{}' ELSE jsonb_build_object('params', s.params) END
            || CASE WHEN s.event IS NULL THEN '{}' ELSE jsonb_build_object('event', s.event) END,
          s.is_last, s.cause, s.resumes, s.root_id, s.depth, s.traceparent, s.admitted_at,
          s.created_at, now()
        FROM gone s LEFT JOIN task t ON t.id = s.task_id),
      run AS (
        INSERT INTO task_run (id, task_id, agent_id, run_at, status, finished_at, error_code,
          error_message, cause, resumes, root_id)
        SELECT id, task_id, agent_id, run_at, 'canceled', now(), 'canceled',
          $2, cause, resumes, root_id
        FROM gone)
      SELECT is_last FROM gone""";

  private static final String REQUEST =
      "UPDATE due_work_open SET cancel_requested = true WHERE id = ANY ($1)";

  private static final String RUN_CANCELED = "The run was canceled.";
  private static final String TASK_CANCELED = "The task was canceled.";

  /** Rows that one statement ends. */
  private static final int MOST_AT_ONCE = 5_000;

  private CancellationTable() {}

  /**
   * Work whose row is locked.
   *
   * @param isLast whether it settles its task
   * @param rollingBack whether it undoes what it did
   * @param held whether a worker has it, under a lease that has not run out
   */
  public record Open(boolean isLast, boolean rollingBack, boolean held) {}

  /** Locks the row of a run that has not ended; empty when there is none. */
  public static Optional<Open> lock(Statements tx, UUID id) {
    return tx.first(
        LOCK,
        Tuple.of(id),
        row ->
            new Open(
                row.getBoolean("is_last"), row.getBoolean("rolling_back"), row.getBoolean("held")));
  }

  /** Ends work whose row is locked. */
  public static void end(Statements tx, UUID id) {
    tx.execute(END, ids(List.of(id)).addString(RUN_CANCELED));
  }

  /** Ends a signal before it becomes work: whether it would settle its task; empty if it has. */
  public static Optional<Boolean> endSignal(Statements tx, UUID id) {
    Tuple arguments = ids(List.of(id)).addString(RUN_CANCELED);
    return tx.first(END_SIGNALS, arguments, row -> row.getBoolean("is_last"));
  }

  /** Asks the worker that holds it to stop. */
  public static void request(Statements tx, UUID id) {
    tx.execute(REQUEST, ids(List.of(id)));
  }

  /** Ends all of a task that waits, of every cause, and asks what runs to stop. */
  static void endAll(Statements tx, UUID taskId) {
    // Signals first: one that becomes work meanwhile is then found among the work.
    List<UUID> signals = tx.query(LOCK_SIGNALS, Tuple.of(taskId), row -> Columns.id(row, "id"));
    inParts(signals, part -> tx.execute(END_SIGNALS, ids(part).addString(TASK_CANCELED)));
    List<Work> work =
        tx.query(
            LOCK_WORK,
            Tuple.of(taskId),
            row -> new Work(Columns.id(row, "id"), row.getBoolean("runs")));
    inParts(those(work, false), part -> tx.execute(END, ids(part).addString(TASK_CANCELED)));
    inParts(those(work, true), part -> tx.execute(REQUEST, ids(part)));
  }

  /** A statement has a deadline, and what has gathered under the brake has no bound. */
  private static void inParts(List<UUID> ids, Consumer<List<UUID>> statement) {
    for (int from = 0; from < ids.size(); from += MOST_AT_ONCE) {
      statement.accept(ids.subList(from, Math.min(from + MOST_AT_ONCE, ids.size())));
    }
  }

  private record Work(UUID id, boolean runs) {}

  private static List<UUID> those(List<Work> all, boolean run) {
    return all.stream().filter(work -> work.runs() == run).map(Work::id).toList();
  }

  private static Tuple ids(List<UUID> ids) {
    return Tuple.tuple().addArrayOfUUID(ids.toArray(UUID[]::new));
  }
}

package io.ordinaut.api.run;

import io.ordinaut.store.Columns;
import io.ordinaut.store.Statements;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Statements by which runs that have ended are tried again: each leaves a signal. */
final class RetryTable {
  /**
   * The newest that match. Left out is what another run stands for: one that goes on with it, or
   * repeats it, and has not ended or did not end canceled. Left out is also what can't be tried
   * again so, as {@link RetrySource#refusal} has it: however many there are of these, they use up
   * nothing of the limit.
   */
  private static final String MATCHING =
      """
      SELECT r.id
      FROM task_run r
      CROSS JOIN LATERAL coalesce(r.root_id, r.id) AS root
      CROSS JOIN LATERAL (
        SELECT ARRAY(SELECT m.id FROM task_run m WHERE m.root_id = root) || root AS members) family
      WHERE r.status <> 'success'
        AND ($1::uuid IS NULL OR r.task_id = $1)
        AND ($2::text IS NULL OR r.error_code = $2)
        AND CASE WHEN $3::text IS NULL THEN r.status <> 'canceled' ELSE r.status = $3 END
        AND ($4::timestamptz IS NULL OR r.finished_at > $4)
        AND ($5::timestamptz IS NULL OR r.finished_at < $5)
        AND NOT EXISTS (SELECT FROM signal s WHERE s.root_id = root)
        AND NOT EXISTS (SELECT FROM signal s WHERE s.resumes = ANY (members))
        AND NOT EXISTS (SELECT FROM due_work_open w WHERE w.root_id = root)
        AND NOT EXISTS (SELECT FROM due_work_open w WHERE w.resumes = ANY (members))
        AND NOT EXISTS (
          SELECT FROM task_run l
          WHERE l.root_id = root AND l.created_at > r.created_at AND l.status <> 'canceled')
        AND NOT EXISTS (
          SELECT FROM task_run l
          WHERE l.resumes = r.id AND l.created_at > r.created_at AND l.status <> 'canceled')
        AND ($8::text IS DISTINCT FROM 'current'
          OR EXISTS (SELECT FROM task t WHERE t.id = r.task_id))
        AND (EXISTS (SELECT FROM due_work_done d WHERE d.id = r.id)
          OR $8 IS DISTINCT FROM 'original'
            AND EXISTS (SELECT FROM task t WHERE t.id = r.task_id)
            AND coalesce((SELECT m.cause FROM task_run m WHERE m.id = root), r.cause)
              IN ('schedule', 'condition', 'backfill'))
        AND ($7::boolean
          OR NOT EXISTS (
              SELECT FROM task_run l WHERE l.root_id = root AND l.status = 'success')
            AND NOT EXISTS (
              SELECT FROM run_log l WHERE l.run_id = ANY (members) AND l.kind = 'compensate')
            AND (r.cause <> 'condition' OR EXISTS (
              SELECT FROM run_log l
              WHERE l.run_id = r.id AND l.kind = 'probe' AND l.status = 'success')))
      ORDER BY r.created_at DESC, r.id DESC
      LIMIT $6""";

  private static final String ORIGINS =
      """
      SELECT id, task_id, coalesce(root_id, id) AS root_id FROM task_run
      WHERE id = ANY ($1) AND created_at >= $2""";

  /** Shared, so that a task that is purged takes what begins now with it, or is gone before. */
  private static final String LOCK_TASKS =
      "SELECT id FROM task WHERE id = ANY ($1) ORDER BY id FOR SHARE";

  private static final String LOCK_RUNS =
      """
      SELECT id FROM task_run WHERE id = ANY ($1) AND created_at >= $2
      ORDER BY id
      FOR NO KEY UPDATE""";

  /** Oldest first: so their new runs begin. */
  private static final String SOURCES =
      """
      SELECT r.id, root AS root_id, r.status,
        EXISTS (SELECT FROM task t WHERE t.id = r.task_id) AS has_task,
        r.status <> 'success' AND EXISTS (
          SELECT FROM due_work_done d WHERE d.id = r.id AND d.finished_at >= $2) AS kept,
        EXISTS (SELECT FROM due_work_done d WHERE d.id = r.id AND d.finished_at >= $2)
          OR coalesce(
              (SELECT m.cause FROM task_run m WHERE m.id = root AND m.created_at >= $2), r.cause)
            IN ('schedule', 'condition', 'backfill') AS start_known,
        coalesce(
          (SELECT s.id FROM signal s WHERE s.root_id = root LIMIT 1),
          (SELECT s.id FROM signal s WHERE s.resumes = ANY (members) LIMIT 1),
          (SELECT w.id FROM due_work_open w WHERE w.root_id = root LIMIT 1),
          (SELECT w.id FROM due_work_open w WHERE w.resumes = ANY (members) LIMIT 1)) AS open_id,
        (SELECT l.id FROM task_run l
         WHERE l.root_id = root AND l.created_at >= $2 AND l.status = 'success'
         LIMIT 1) AS succeeded_id,
        EXISTS (
          SELECT FROM run_log l
          WHERE l.run_id = ANY (members) AND l.created_at >= $2 AND l.kind = 'compensate')
          AS undone,
        r.cause = 'condition' AND NOT EXISTS (
          SELECT FROM run_log l
          WHERE l.run_id = r.id AND l.created_at >= $2 AND l.kind = 'probe'
            AND l.status = 'success') AS never_began
      FROM task_run r
      CROSS JOIN LATERAL coalesce(r.root_id, r.id) AS root
      CROSS JOIN LATERAL (
        SELECT ARRAY(
            SELECT m.id FROM task_run m WHERE m.root_id = root AND m.created_at >= $2)
          || root AS members) family
      WHERE r.id = ANY ($1) AND r.created_at >= $2
      ORDER BY r.created_at, r.id""";

  /**
   * The nominal time is that of the run that is tried again. One that goes on with it sees the time
   * as its first run saw it, and begins when a delay ends in which that one was stopped.
   */
  private static final String BEGIN =
      """
      INSERT INTO signal (id, task_id, agent_id, cause, run_at, available_at, priority, params,
        event, payload, resumes, root_id, depth, traceparent, admitted_at)
      SELECT n.work_id, r.task_id, r.agent_id, 'redrive', r.run_at,
        CASE WHEN $5::boolean THEN now() ELSE greatest(now(), (
          SELECT max(l.finished_at) FROM run_log l
          WHERE l.run_id = ANY (ARRAY(
              SELECT m.id FROM task_run m WHERE m.root_id = root AND m.created_at >= $4) || root)
            AND l.created_at >= $4 AND l.kind = 'step' AND l.status = 'success')) END,
        d.priority, d.trigger_data -> 'params',
        coalesce(d.trigger_data -> 'event', (
          SELECT jsonb_build_object('probe', l.output) FROM run_log l
          WHERE l.run_id = root AND l.created_at >= $4 AND l.kind = 'probe'
            AND l.status = 'success'
          LIMIT 1)),
        CASE WHEN NOT n.current THEN d.payload END, r.id, CASE WHEN NOT $5 THEN root END,
        coalesce(d.depth, 0), d.traceparent, CASE WHEN NOT $5 THEN d.admitted_at END
      FROM unnest($1::uuid[], $2::uuid[], $3::boolean[]) AS n(run_id, work_id, current)
      JOIN task_run r ON r.id = n.run_id AND r.created_at >= $4
      CROSS JOIN LATERAL coalesce(r.root_id, r.id) AS root
      LEFT JOIN due_work_done d ON d.id = r.id AND d.finished_at >= $4""";

  private RetryTable() {}

  /** Runs that a request wants tried again. */
  static List<UUID> matching(Statements tx, RedriveRequest request) {
    return tx.query(
        MATCHING,
        Tuple.tuple()
            .addUUID(request.taskId())
            .addString(request.errorCode())
            .addString(request.status())
            .addOffsetDateTime(Columns.argument(request.finishedAfter()))
            .addOffsetDateTime(Columns.argument(request.finishedBefore()))
            .addInteger(request.limit())
            .addBoolean(request.mode().fromStart())
            .addString(request.mode().payloadName()),
        row -> Columns.id(row, "id"));
  }

  /** A run that has ended, with what has to be locked before it is tried again. */
  record Origin(@Nullable UUID taskId, UUID rootId) {}

  static List<Origin> origins(Statements tx, List<UUID> ids) {
    return tx.query(
        ORIGINS,
        ids(ids).addOffsetDateTime(Moments.bound(ids)),
        row -> new Origin(row.getUUID("task_id"), Columns.id(row, "root_id")));
  }

  private static Tuple ids(Collection<UUID> ids) {
    return Tuple.tuple().addArrayOfUUID(ids.toArray(UUID[]::new));
  }

  /** A run to be begun. */
  record NewRun(UUID runId, UUID workId, boolean current) {}

  /**
   * The rows of runs that are tried again, and of those they went on with.
   *
   * @param since none of them is older
   */
  record Rows(OffsetDateTime since) {
    /** From now on nobody else tries them again. */
    void lock(Statements tx, List<Origin> origins, Collection<UUID> runs) {
      List<UUID> tasks =
          origins.stream()
              .map(Origin::taskId)
              .filter(Objects::nonNull)
              .map(Objects::requireNonNull)
              .distinct()
              .toList();
      tx.query(LOCK_TASKS, ids(tasks), row -> "locked");
      tx.query(LOCK_RUNS, ids(runs).addOffsetDateTime(since), row -> "locked");
    }

    List<RetrySource> sources(Statements tx, List<UUID> runs) {
      return tx.query(SOURCES, ids(runs).addOffsetDateTime(since), RetryTable::source);
    }

    void begin(Statements tx, List<NewRun> runs, boolean fromStart) {
      tx.execute(
          BEGIN,
          Tuple.tuple()
              .addArrayOfUUID(runs.stream().map(NewRun::runId).toArray(UUID[]::new))
              .addArrayOfUUID(runs.stream().map(NewRun::workId).toArray(UUID[]::new))
              .addArrayOfBoolean(runs.stream().map(NewRun::current).toArray(Boolean[]::new))
              .addOffsetDateTime(since)
              .addBoolean(fromStart));
    }
  }

  private static RetrySource source(Row row) {
    return new RetrySource(
        Columns.id(row, "id"),
        Columns.id(row, "root_id"),
        Columns.text(row, "status"),
        row.getBoolean("has_task"),
        row.getBoolean("kept"),
        row.getBoolean("start_known"),
        row.getUUID("open_id"),
        row.getUUID("succeeded_id"),
        row.getBoolean("undone"),
        row.getBoolean("never_began"));
  }
}

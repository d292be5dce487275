package io.ordinaut.worker.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.pipeline.StepOutcome;
import io.ordinaut.store.Columns;
import io.ordinaut.store.Partitions;
import io.ordinaut.store.Statements;
import io.ordinaut.worker.lease.Lease;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Statements by which a run leaves its marks. All are fenced by the lease's token. */
final class RunTable {
  /**
   * Ends a batch of runs in one statement, which is one transaction. Tasks that their last run
   * settles are locked first, then the work, each in the order of ids, so that two batches can't
   * wait for each other. Work whose lease was lost is in none of the results; work without a run
   * status leaves no run.
   */
  private static final String FINISH =
      """
      WITH ended AS (
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[],
            $6::timestamptz[], $7::text[], $8::text[], $9::text[], $10::text[])
          AS e(id, token, work_status, run_status, task_status, started_at, outputs, error_code,
            error_message, worker_id)),
      tasks AS MATERIALIZED (
        SELECT t.id FROM task t
        WHERE t.id IN (
          SELECT w.task_id FROM due_work_open w JOIN ended e ON w.id = e.id WHERE w.is_last)
        ORDER BY t.id
        FOR NO KEY UPDATE),
      mine AS MATERIALIZED (
        SELECT w.id FROM due_work_open w JOIN ended e ON w.id = e.id AND w.lease_token = e.token
        WHERE w.status = 'running' AND (SELECT count(*) FROM tasks) >= 0
        ORDER BY w.id
        FOR UPDATE OF w),
      gone AS (
        DELETE FROM due_work_open WHERE id = ANY (ARRAY(SELECT id FROM mine)) RETURNING *),
      done AS (
        INSERT INTO due_work_done (id, task_id, agent_id, run_at, available_at, priority, status,
          payload, trigger_data, attempt, lost_leases, locked_by, is_last, started_at, phase,
          resumes, root_id, depth, traceparent, cause, concurrency_key, concurrency_limit,
          admitted_at, created_at, finished_at)
        SELECT w.id, w.task_id, w.agent_id, w.run_at, w.available_at, w.priority, e.work_status,
          CASE WHEN e.work_status <> 'completed' THEN w.payload END, w.trigger_data, w.attempt,
          w.lost_leases, w.locked_by, w.is_last, e.started_at, w.phase, w.resumes, w.root_id,
          w.depth, w.traceparent, w.cause, w.concurrency_key, w.concurrency_limit, w.admitted_at,
          w.created_at, now()
        FROM gone w JOIN ended e ON w.id = e.id),
      run AS (
        INSERT INTO task_run (id, task_id, agent_id, run_at, status, attempt, worker_id, started_at,
          finished_at, outputs, error_code, error_message, cause, resumes, root_id)
        SELECT w.id, w.task_id, w.agent_id, w.run_at, e.run_status, w.attempt, e.worker_id,
          e.started_at, now(), e.outputs::jsonb, e.error_code, e.error_message, w.cause, w.resumes,
          w.root_id
        FROM gone w JOIN ended e ON w.id = e.id
        WHERE e.run_status IS NOT NULL),
      log AS (
        INSERT INTO run_log (run_id, task_id, kind, step_id, item, attempt, status, input, output,
          error_code, error, started_at, finished_at)
        SELECT w.id, w.task_id, l.kind, l.step_id, l.item, l.attempt, l.status, l.input::jsonb,
          l.output::jsonb, l.error_code, l.error, l.started_at, l.finished_at
        FROM unnest($11::uuid[], $12::text[], $13::text[], $14::integer[], $15::integer[], $16::text[],
            $17::text[], $18::text[], $19::text[], $20::text[], $21::timestamptz[], $22::timestamptz[])
          WITH ORDINALITY AS l(run_id, kind, step_id, item, attempt, status, input, output, error_code, error,
            started_at, finished_at, position)
        JOIN gone w ON w.id = l.run_id
        ORDER BY l.position),
      settled AS (
        UPDATE task t
        SET status = CASE WHEN t.schedule_kind = 'once' THEN e.task_status ELSE 'completed' END,
          status_reason = CASE WHEN t.schedule_kind = 'once' THEN e.error_message END,
          next_run = NULL, updated_at = now()
        FROM gone w JOIN ended e ON w.id = e.id
        WHERE w.is_last AND t.id = w.task_id AND t.status IN ('active', 'paused')
          AND (t.next_run IS NULL OR t.next_run = t.last_emitted))
      SELECT id FROM gone""";

  /** From when on a run's time counts, and when it is over, whoever goes on with it. */
  private static final String BEGIN =
      """
      UPDATE due_work_open SET started_at = coalesce(started_at, $3), deadline = $4
      WHERE id = $1 AND lease_token = $2 AND status = 'running'
      RETURNING id""";

  /**
   * Gives the work back until its time comes, at the latest until the run's time is over, with the
   * log of the tries so far.
   */
  private static final String PARK =
      """
      WITH parked AS (
        UPDATE due_work_open
        SET status = 'pending', attempt = $3, started_at = $4, deadline = $7,
          available_at = CASE WHEN cancel_requested AND phase = 'forward' THEN now()
            ELSE least(coalesce($6::timestamptz, now() + $5 * interval '1 millisecond'),
              CASE WHEN phase = 'forward' THEN $7::timestamptz END) END,
          locked_by = NULL, locked_until = NULL, lease_token = NULL
        WHERE id = $1 AND lease_token = $2 AND status = 'running'
        RETURNING id, task_id),
      log AS (
        INSERT INTO run_log (run_id, task_id, kind, step_id, item, attempt, status, input, output,
          error_code, error, started_at, finished_at)
        SELECT w.id, w.task_id, l.kind, l.step_id, l.item, l.attempt, l.status, l.input::jsonb,
          l.output::jsonb, l.error_code, l.error, l.started_at, l.finished_at
        FROM unnest($8::uuid[], $9::text[], $10::text[], $11::integer[], $12::integer[], $13::text[],
            $14::text[], $15::text[], $16::text[], $17::text[], $18::timestamptz[], $19::timestamptz[])
          WITH ORDINALITY AS l(run_id, kind, step_id, item, attempt, status, input, output, error_code, error,
            started_at, finished_at, position)
        JOIN parked w ON w.id = l.run_id
        ORDER BY l.position)
      SELECT id FROM parked""";

  /**
   * FOR SHARE: without it the checkpoint could commit, on an older snapshot, beside a take-over.
   */
  private static final String CHECKPOINT =
      """
      WITH held AS (
        SELECT id, task_id FROM due_work_open
        WHERE id = $1 AND lease_token = $2 AND status = 'running'
        FOR SHARE),
      log AS (
        INSERT INTO run_log (run_id, task_id, kind, step_id, item, attempt, status, input, output,
          error_code, error, started_at, finished_at)
        SELECT w.id, w.task_id, l.kind, l.step_id, l.item, l.attempt, l.status, l.input::jsonb,
          l.output::jsonb, l.error_code, l.error, l.started_at, l.finished_at
        FROM unnest($3::uuid[], $4::text[], $5::text[], $6::integer[], $7::integer[], $8::text[],
            $9::text[], $10::text[], $11::text[], $12::text[], $13::timestamptz[], $14::timestamptz[])
          WITH ORDINALITY AS l(run_id, kind, step_id, item, attempt, status, input, output, error_code, error,
            started_at, finished_at, position)
        JOIN held w ON w.id = l.run_id
        ORDER BY l.position)
      SELECT id FROM held""";

  /** Tries, and that the run undoes from now on what it did, unless it was canceled before. */
  private static final String ROLL_BACK =
      """
      WITH held AS (
        UPDATE due_work_open
        SET phase = CASE WHEN cancel_requested THEN phase ELSE 'rollback' END
        WHERE id = $1 AND lease_token = $2 AND status = 'running'
        RETURNING id, task_id, phase),
      log AS (
        INSERT INTO run_log (run_id, task_id, kind, step_id, item, attempt, status, input, output,
          error_code, error, started_at, finished_at)
        SELECT w.id, w.task_id, l.kind, l.step_id, l.item, l.attempt, l.status, l.input::jsonb,
          l.output::jsonb, l.error_code, l.error, l.started_at, l.finished_at
        FROM unnest($3::uuid[], $4::text[], $5::text[], $6::integer[], $7::integer[], $8::text[],
            $9::text[], $10::text[], $11::text[], $12::text[], $13::timestamptz[], $14::timestamptz[])
          WITH ORDINALITY AS l(run_id, kind, step_id, item, attempt, status, input, output, error_code, error,
            started_at, finished_at, position)
        JOIN held w ON w.id = l.run_id
        ORDER BY l.position)
      SELECT phase = 'rollback' AS begun FROM held""";

  /**
   * Rows of one statement are stored in the order in which their tries ended. Those that the end of
   * a run has cut say nothing of their steps.
   */
  private static final String HISTORY =
      """
      SELECT kind, step_id, item, attempt, status, output::text AS output, error_code, error
      FROM run_log
      WHERE run_id = $1 AND kind IN ('step', 'compensate', 'probe') AND created_at >= $2
        AND status NOT IN ('canceled', 'timed_out')
      ORDER BY created_at, finished_at""";

  /**
   * What all runs under the same keys left, which have ended: one after the other, since of them no
   * two are ever open at once.
   */
  private static final String HISTORY_OF_ROOT =
      """
      SELECT kind, step_id, item, attempt, status, output::text AS output, error_code, error
      FROM run_log
      WHERE run_id = ANY (ARRAY(
          SELECT id FROM task_run WHERE root_id = $1 AND created_at >= $2) || $1)
        AND kind IN ('step', 'probe') AND created_at >= $2
        AND status NOT IN ('canceled', 'timed_out')
      ORDER BY created_at, finished_at""";

  private static final String ANSWER = "SELECT 1 AS answer";

  private RunTable() {}

  /**
   * Asks the database for next to nothing.
   *
   * @throws DbException when it does not answer even that
   */
  static void ask(Statements db) {
    db.first(ANSWER, Tuple.tuple(), row -> row.getInteger("answer"));
  }

  /** Notes when a run began and must end, for its next holders; false when its lease was lost. */
  static boolean begin(Statements db, Lease lease, Instant startedAt, Instant deadline) {
    return holds(
        db,
        BEGIN,
        Tuple.of(
            lease.id(), lease.token(), Columns.argument(startedAt), Columns.argument(deadline)));
  }

  /** Ends runs and answers with those that were still held. */
  static Set<UUID> finish(Statements db, String workerId, List<Ending> endings) {
    Tuple arguments =
        Tuple.tuple()
            .addArrayOfUUID(column(endings, e -> e.lease().id(), UUID[]::new))
            .addArrayOfUUID(column(endings, e -> e.lease().token(), UUID[]::new))
            .addArrayOfString(column(endings, Ending::workStatus, String[]::new))
            .addArrayOfString(column(endings, Ending::runStatus, String[]::new))
            .addArrayOfString(column(endings, Ending::taskStatus, String[]::new))
            .addArrayOfOffsetDateTime(
                column(endings, e -> Columns.argument(e.startedAt()), OffsetDateTime[]::new))
            .addArrayOfString(column(endings, Ending::outputs, String[]::new))
            .addArrayOfString(column(endings, Ending::errorCode, String[]::new))
            .addArrayOfString(column(endings, Ending::message, String[]::new))
            .addArrayOfString(column(endings, e -> workerId, String[]::new));
    LogArrays.append(arguments, endings.stream().flatMap(e -> e.log().stream()).toList());
    return new HashSet<>(db.query(FINISH, arguments, row -> Columns.id(row, "id")));
  }

  /**
   * Parks a run; false when its lease was lost.
   *
   * @param deadline when the run's time is over; null when it has any
   */
  static boolean park(
      Statements db,
      Lease lease,
      Instant startedAt,
      RunOutcome.Parked parked,
      @Nullable Instant deadline,
      List<LogEntry> log) {
    Tuple arguments =
        Tuple.tuple()
            .addUUID(lease.id())
            .addUUID(lease.token())
            .addInteger(parked.attempt())
            .addOffsetDateTime(Columns.argument(startedAt))
            .addLong(parked.delay().toMillis())
            .addOffsetDateTime(Columns.argument(parked.until()))
            .addOffsetDateTime(Columns.argument(deadline));
    LogArrays.append(arguments, log);
    return holds(db, PARK, arguments);
  }

  /** Makes tries durable while the run goes on; false when its lease was lost. */
  static boolean checkpoint(Statements db, Lease lease, List<LogEntry> log) {
    Tuple arguments = Tuple.tuple().addUUID(lease.id()).addUUID(lease.token());
    LogArrays.append(arguments, log);
    return holds(db, CHECKPOINT, arguments);
  }

  /** What became of a run that was to be rolled back. */
  enum Turn {
    /** It is rolled back from now on. */
    ROLLBACK,
    /** Somebody had asked for its end before. */
    CANCELED,
    /** Its lease was lost. */
    LOST
  }

  /** Makes tries durable and begins the rollback. */
  static Turn rollBack(Statements db, Lease lease, List<LogEntry> log) {
    Tuple arguments = Tuple.tuple().addUUID(lease.id()).addUUID(lease.token());
    LogArrays.append(arguments, log);
    return Partitions.madeIfMissing(
            db, () -> db.first(ROLL_BACK, arguments, row -> row.getBoolean("begun")))
        .map(begun -> begun ? Turn.ROLLBACK : Turn.CANCELED)
        .orElse(Turn.LOST);
  }

  private static boolean holds(Statements db, String sql, Tuple arguments) {
    return Partitions.madeIfMissing(
        db, () -> !db.query(sql, arguments, row -> row.getUUID("id")).isEmpty());
  }

  /** What earlier tries left, oldest first. */
  static List<Checkpoint> history(Statements db, UUID runId, Instant notBefore) {
    return db.query(HISTORY, Tuple.of(runId, Columns.argument(notBefore)), RunTable::checkpoint);
  }

  /** What runs that ended left under the same keys, oldest first. */
  static List<Checkpoint> historyOfRoot(Statements db, UUID rootId, Instant notBefore) {
    return db.query(
        HISTORY_OF_ROOT, Tuple.of(rootId, Columns.argument(notBefore)), RunTable::checkpoint);
  }

  private static Checkpoint checkpoint(Row row) {
    Place place =
        new Place(
            LogEntry.Kind.of(Columns.text(row, "kind")),
            Columns.text(row, "step_id"),
            row.getInteger("item"));
    return new Checkpoint(place, row.getInteger("attempt"), outcome(row));
  }

  private static StepOutcome outcome(Row row) {
    return switch (Columns.text(row, "status")) {
      case "success" -> {
        JsonNode output = Columns.jsonOrNull(row, "output");
        yield new StepOutcome.Succeeded(output == null ? NullNode.instance : output);
      }
      case "skipped" -> new StepOutcome.Skipped();
      default ->
          new StepOutcome.Failed(
              ErrorCode.of(Columns.text(row, "error_code")), Columns.text(row, "error"));
    };
  }

  private static <T> T[] column(
      List<Ending> endings, Function<Ending, ? extends @Nullable T> value, IntFunction<T[]> array) {
    return endings.stream().map(value).toArray(array);
  }

  /** A try, read back. */
  record Checkpoint(Place place, int attempt, StepOutcome outcome) {}
}

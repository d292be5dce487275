package io.ordinaut.api.run;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.api.http.Page;
import io.ordinaut.json.Json;
import io.ordinaut.store.Columns;
import io.ordinaut.store.Db;
import io.ordinaut.store.Statements;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads runs: those that ended from {@code task_run}, those that go on from {@code due_work}, those
 * that nobody has seen yet from {@code signal}.
 */
@ApplicationScoped
public class RunTable {
  private static final int LARGE_OUTPUTS = 65_536;

  private static final String LIST_ENDED =
      """
      SELECT id, task_id, run_at, status, attempt, worker_id, started_at, finished_at,
        CASE WHEN length(outputs::text) <= $9 THEN outputs::text END AS outputs,
        error_code, error_message, cause, created_at, resumes, coalesce(root_id, id) AS root_id
      FROM task_run
      WHERE ($1::timestamptz IS NULL OR (created_at, id) < ($1, $2::uuid))
        AND ($3::text IS NULL OR status = $3)
        AND ($4::text IS NULL OR worker_id = $4)
        AND ($5::timestamptz IS NULL OR started_at > $5)
        AND ($6::timestamptz IS NULL OR started_at < $6)
        AND ($7::text IS NULL OR error_code = $7)
      ORDER BY created_at DESC, id DESC
      LIMIT $8""";

  private static final String LIST_ENDED_OF_TASK =
      """
      SELECT id, task_id, run_at, status, attempt, worker_id, started_at, finished_at,
        CASE WHEN length(outputs::text) <= $9 THEN outputs::text END AS outputs,
        error_code, error_message, cause, created_at, resumes, coalesce(root_id, id) AS root_id
      FROM task_run
      WHERE task_id = $10
        AND ($1::timestamptz IS NULL OR (created_at, id) < ($1, $2::uuid))
        AND ($3::text IS NULL OR status = $3)
        AND ($4::text IS NULL OR worker_id = $4)
        AND ($5::timestamptz IS NULL OR started_at > $5)
        AND ($6::timestamptz IS NULL OR started_at < $6)
        AND ($7::text IS NULL OR error_code = $7)
      ORDER BY created_at DESC, id DESC
      LIMIT $8""";

  /** By an index of what did not succeed, which is little however much has. */
  private static final String LIST_UNSUCCESSFUL =
      """
      SELECT id, task_id, run_at, status, attempt, worker_id, started_at, finished_at,
        CASE WHEN length(outputs::text) <= $9 THEN outputs::text END AS outputs,
        error_code, error_message, cause, created_at, resumes, coalesce(root_id, id) AS root_id
      FROM task_run
      WHERE status <> 'success'
        AND ($1::timestamptz IS NULL OR (created_at, id) < ($1, $2::uuid))
        AND ($3::text IS NULL OR status = $3)
        AND ($4::text IS NULL OR worker_id = $4)
        AND ($5::timestamptz IS NULL OR started_at > $5)
        AND ($6::timestamptz IS NULL OR started_at < $6)
        AND ($7::text IS NULL OR error_code = $7)
      ORDER BY created_at DESC, id DESC
      LIMIT $8""";

  /**
   * The open partition is small; what has started is {@code running}, also while it is parked.
   * Signals are read by the same statement: what becomes work meanwhile is in one of the two.
   */
  private static final String LIST_OPEN =
      """
      (
        SELECT id, task_id, run_at,
          CASE WHEN status = 'running' OR started_at IS NOT NULL THEN 'running' ELSE 'pending' END
            AS status,
          attempt, locked_by AS worker_id, started_at, NULL::timestamptz AS finished_at,
          '{}' AS outputs, NULL AS error_code, NULL AS error_message, cause, created_at, resumes,
          coalesce(root_id, id) AS root_id, cancel_requested,
          CASE WHEN status = 'pending'
              AND (available_at > now() OR started_at IS NULL AND trigger_data ? 'snooze')
            THEN available_at END AS parked_until,
          CASE WHEN started_at IS NULL AND trigger_data ? 'snooze' THEN 'snoozed' || coalesce(
              ': ' || (trigger_data -> 'snooze' ->> 'reason'), '')
            WHEN started_at IS NULL THEN CASE cause
              WHEN 'redrive' THEN 'delay' WHEN 'backfill' THEN 'backfill' ELSE 'jitter' END
            WHEN EXISTS (
              SELECT FROM run_log l
              WHERE l.run_id = w.id AND l.created_at >= w.created_at - interval '1 hour' AND l.kind = 'step'
                AND l.status = 'success' AND l.finished_at >= w.available_at) THEN 'delay'
            ELSE 'retry' END AS parked_why
        FROM due_work_open w
        WHERE ($1::timestamptz IS NULL OR (created_at, id) < ($1, $2::uuid))
          AND ((status = 'running' OR started_at IS NOT NULL) = ($3::text = 'running'))
          AND ($4::text IS NULL OR locked_by = $4)
          AND ($5::timestamptz IS NULL OR started_at > $5)
          AND ($6::timestamptz IS NULL OR started_at < $6)
          AND ($7::uuid IS NULL OR task_id = $7)
        ORDER BY created_at DESC, id DESC
        LIMIT $8)
      UNION ALL (
        SELECT id, task_id, run_at, 'pending' AS status, 1 AS attempt, NULL AS worker_id,
          NULL::timestamptz AS started_at, NULL::timestamptz AS finished_at, '{}' AS outputs,
          NULL AS error_code, NULL AS error_message, cause, created_at, resumes,
          coalesce(root_id, id) AS root_id, false AS cancel_requested,
          CASE WHEN available_at > now() THEN available_at END AS parked_until,
          CASE WHEN snooze IS NOT NULL THEN 'snoozed' || coalesce(': ' || (snooze ->> 'reason'), '')
            ELSE CASE cause WHEN 'redrive' THEN 'delay' ELSE cause END END AS parked_why
        FROM signal
        WHERE $3 = 'pending'
          AND ($1::timestamptz IS NULL OR (created_at, id) < ($1, $2::uuid))
          AND $4 IS NULL AND $5 IS NULL AND $6 IS NULL
          AND ($7::uuid IS NULL OR task_id = $7)
        ORDER BY created_at DESC, id DESC
        LIMIT $8)
      ORDER BY created_at DESC, id DESC
      LIMIT $8""";

  private static final String ENDED =
      """
      SELECT id, task_id, run_at, status, attempt, worker_id, started_at, finished_at,
        outputs::text AS outputs, error_code, error_message, cause, created_at, resumes,
        coalesce(root_id, id) AS root_id
      FROM task_run WHERE id = $1 AND created_at >= $2""";

  /** What is parked by a delay has a step that ends only then, or when the run's time is over. */
  private static final String OPEN =
      """
      SELECT id, task_id, run_at,
        CASE WHEN status = 'running' OR started_at IS NOT NULL THEN 'running' ELSE 'pending' END
          AS status,
        attempt, locked_by AS worker_id, started_at, NULL::timestamptz AS finished_at,
        '{}' AS outputs, NULL AS error_code, NULL AS error_message, cause, created_at, resumes,
        coalesce(root_id, id) AS root_id, cancel_requested,
        CASE WHEN status = 'pending'
            AND (available_at > now() OR started_at IS NULL AND trigger_data ? 'snooze')
          THEN available_at END AS parked_until,
        CASE WHEN started_at IS NULL AND trigger_data ? 'snooze' THEN 'snoozed' || coalesce(
            ': ' || (trigger_data -> 'snooze' ->> 'reason'), '')
          WHEN started_at IS NULL THEN CASE cause
            WHEN 'redrive' THEN 'delay' WHEN 'backfill' THEN 'backfill' ELSE 'jitter' END
          WHEN EXISTS (
            SELECT FROM run_log l
            WHERE l.run_id = w.id AND l.created_at >= $2 AND l.kind = 'step'
              AND l.status = 'success' AND l.finished_at >= w.available_at) THEN 'delay'
          ELSE 'retry' END AS parked_why
      FROM due_work_open w WHERE id = $1""";

  private static final String SIGNALLED =
      """
      SELECT id, task_id, run_at, 'pending' AS status, 1 AS attempt, NULL AS worker_id,
        NULL::timestamptz AS started_at, NULL::timestamptz AS finished_at, '{}' AS outputs,
        NULL AS error_code, NULL AS error_message, cause, created_at, resumes,
        coalesce(root_id, id) AS root_id, false AS cancel_requested,
        CASE WHEN available_at > now() THEN available_at END AS parked_until,
        CASE WHEN snooze IS NOT NULL THEN 'snoozed' || coalesce(': ' || (snooze ->> 'reason'), '')
          ELSE CASE cause WHEN 'redrive' THEN 'delay' ELSE cause END END AS parked_why
      FROM signal WHERE id = $1""";

  private static final String STEPS =
      """
      SELECT step_id, item, attempt, kind, status, input::text AS input, output::text AS output,
        error_code, error, started_at, finished_at
      FROM run_log WHERE run_id = $1 AND created_at >= $2
      ORDER BY created_at DESC, started_at DESC
      LIMIT $3""";

  private static final String TRIES =
      "SELECT count(*) AS tries FROM run_log WHERE run_id = $1 AND created_at >= $2";

  /** The most tries that are shown of a run: the last ones, which tell how it ended. */
  private static final int MOST_STEPS = 1_000;

  private final Db db;

  /** On the given database. */
  @Inject
  public RunTable(Db db) {
    this.db = db;
  }

  /** Runs that match, newest first. */
  public List<ObjectNode> list(RunFilter filter, Page page) {
    return db.snapshot(tx -> list(tx, filter, page));
  }

  private static List<ObjectNode> list(Statements tx, RunFilter filter, Page page) {
    Stream<ObjectNode> found = Stream.empty();
    if (filter.errorCode() == null) {
      if (filter.wants(RunFilter.Status.PENDING)) {
        found = Stream.concat(found, open(tx, filter, page, "pending").stream());
      }
      if (filter.wants(RunFilter.Status.RUNNING)) {
        found = Stream.concat(found, open(tx, filter, page, "running").stream());
      }
    }
    if (!"pending".equals(filter.status()) && !"running".equals(filter.status())) {
      found = Stream.concat(found, ended(tx, filter, page).stream());
    }
    return found
        .sorted(
            Comparator.comparing((ObjectNode run) -> Instant.parse(run.get("created_at").asText()))
                .thenComparing(run -> run.get("id").asText())
                .reversed())
        .limit(page.rows())
        .toList();
  }

  private static List<ObjectNode> ended(Statements tx, RunFilter filter, Page page) {
    Tuple arguments =
        Tuple.tuple()
            .addOffsetDateTime(Columns.argument(page.before()))
            .addUUID(page.beforeId())
            .addString(filter.status())
            .addString(filter.workerId())
            .addOffsetDateTime(Columns.argument(filter.startedAfter()))
            .addOffsetDateTime(Columns.argument(filter.startedBefore()))
            .addString(filter.errorCode())
            .addInteger(page.rows())
            .addInteger(LARGE_OUTPUTS);
    if (filter.taskId() != null) {
      return tx.query(LIST_ENDED_OF_TASK, arguments.addUUID(filter.taskId()), RunTable::node);
    }
    boolean unsuccessful = filter.errorCode() != null || !filter.wants(RunFilter.Status.SUCCESS);
    return tx.query(unsuccessful ? LIST_UNSUCCESSFUL : LIST_ENDED, arguments, RunTable::node);
  }

  private static List<ObjectNode> open(Statements tx, RunFilter filter, Page page, String status) {
    Tuple arguments =
        Tuple.tuple()
            .addOffsetDateTime(Columns.argument(page.before()))
            .addUUID(page.beforeId())
            .addString(status)
            .addString(filter.workerId())
            .addOffsetDateTime(Columns.argument(filter.startedAfter()))
            .addOffsetDateTime(Columns.argument(filter.startedBefore()))
            .addUUID(filter.taskId())
            .addInteger(page.rows());
    return tx.query(LIST_OPEN, arguments, RunTable::goingOn);
  }

  /** One run with its steps, wherever it stands. */
  public Optional<ObjectNode> byId(UUID id) {
    return db.snapshot(tx -> byId(tx, id));
  }

  private static Optional<ObjectNode> byId(Statements tx, UUID id) {
    Tuple bounded = Tuple.of(id, Moments.bound(id));
    Optional<ObjectNode> run =
        tx.first(SIGNALLED, Tuple.of(id), RunTable::goingOn)
            .or(() -> tx.first(OPEN, bounded, RunTable::goingOn))
            .or(() -> tx.first(ENDED, bounded, RunTable::node));
    run.ifPresent(node -> addSteps(tx, node, id));
    return run;
  }

  private static void addSteps(Statements tx, ObjectNode run, UUID id) {
    OffsetDateTime since = Moments.bound(id);
    List<ObjectNode> newestFirst = tx.query(STEPS, Tuple.of(id, since, MOST_STEPS), RunTable::step);
    long tries =
        newestFirst.size() < MOST_STEPS
            ? newestFirst.size()
            : tx.first(TRIES, Tuple.of(id, since), row -> row.getLong("tries")).orElse(0L);
    run.put("steps_left_out", Math.max(0, tries - newestFirst.size()));
    ArrayNode steps = run.putArray("steps");
    newestFirst.forEach(step -> steps.insert(0, step));
  }

  private static ObjectNode goingOn(Row row) {
    ObjectNode run = node(row);
    run.put("cancel_requested", row.getBoolean("cancel_requested"));
    Instant until = Columns.instantOrNull(row, "parked_until");
    if (until != null) {
      run.putObject("parked")
          .put("until", until.toString())
          .put("why", row.getString("parked_why"));
    }
    return run;
  }

  private static ObjectNode node(Row row) {
    ObjectNode run = Json.object();
    UUID taskId = row.getUUID("task_id");
    run.put("id", Columns.id(row, "id").toString());
    run.put("task_id", taskId == null ? null : taskId.toString());
    run.put("status", row.getString("status"));
    run.put("attempt", row.getInteger("attempt"));
    run.put("cause", row.getString("cause"));
    UUID resumes = row.getUUID("resumes");
    run.put("resumes", resumes == null ? null : resumes.toString());
    run.put("root_id", Columns.id(row, "root_id").toString());
    run.put("run_at", text(row, "run_at"));
    run.put("started_at", text(row, "started_at"));
    run.put("finished_at", text(row, "finished_at"));
    run.put("worker_id", row.getString("worker_id"));
    run.set("outputs", Columns.jsonOrNull(row, "outputs"));
    run.put("error_code", row.getString("error_code"));
    run.put("error_message", row.getString("error_message"));
    run.put("created_at", text(row, "created_at"));
    return run;
  }

  private static ObjectNode step(Row row) {
    ObjectNode step = Json.object();
    step.put("step_id", row.getString("step_id"));
    step.put("item", row.getInteger("item"));
    step.put("attempt", row.getInteger("attempt"));
    step.put("kind", row.getString("kind"));
    step.put("status", row.getString("status"));
    step.set("input", Columns.jsonOrNull(row, "input"));
    step.set("output", Columns.jsonOrNull(row, "output"));
    step.put("error_code", row.getString("error_code"));
    step.put("error", row.getString("error"));
    step.put("started_at", text(row, "started_at"));
    step.put("finished_at", text(row, "finished_at"));
    return step;
  }

  private static @Nullable String text(Row row, String column) {
    Instant instant = Columns.instantOrNull(row, column);
    return instant == null ? null : instant.toString();
  }
}

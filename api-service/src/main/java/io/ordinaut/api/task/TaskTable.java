package io.ordinaut.api.task;

import io.ordinaut.api.http.Page;
import io.ordinaut.json.Json;
import io.ordinaut.store.Columns;
import io.ordinaut.store.Db;
import io.ordinaut.store.Statements;
import io.ordinaut.store.TaskRows;
import io.ordinaut.task.Task;
import io.ordinaut.task.TaskDraft;
import io.ordinaut.task.TaskSpec;
import io.ordinaut.task.TaskStatus;
import io.vertx.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Statements on {@code task} and what hangs on it. */
@ApplicationScoped
public class TaskTable {
  private static final String INSERT =
      """
      WITH made AS (
        INSERT INTO task (id, created_by, title, description, schedule_kind, schedule_expr,
          timezone, dst_gap, dst_overlap, overlap, catch_up, catch_up_window_seconds,
          jitter_seconds, starts_at, ends_at, max_runs, payload, priority, max_retries,
          backoff_strategy, backoff_base_seconds, backoff_max_seconds, labels, concurrency_key,
          concurrency_limit, timeout_seconds, schedule_anchor, next_run)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
          $17::text::jsonb, $18, $19, $20, $21, $22, $23::text::jsonb, $24, $25, $26, $27, $28)
        RETURNING id, labels, created_at),
      labelled AS (
        INSERT INTO task_label (task_id, key, value)
        SELECT made.id, label.key, label.value FROM made, jsonb_each_text(made.labels) label)
      SELECT created_at FROM made""";

  private static final String BY_ID = "SELECT * FROM task_row WHERE id = $1";

  /** Commands and the tick settle who comes first by this lock. */
  private static final String LOCK = "SELECT * FROM task_row WHERE id = $1 FOR NO KEY UPDATE";

  private static final String LIST =
      """
      SELECT * FROM task_row t
      WHERE ($1::timestamptz IS NULL OR (created_at, id) < ($1, $2::uuid))
        AND ($3::text IS NULL OR status = $3)
        AND ($4::text IS NULL OR schedule_kind = $4)
        AND ($5::uuid IS NULL OR created_by = $5)
        AND ($6::text IS NULL OR strpos(lower(title), lower($6)) > 0)
        AND ($7::timestamptz IS NULL OR next_run < $7)
        AND ($8::timestamptz IS NULL OR next_run > $8)
        AND NOT EXISTS (
          SELECT FROM unnest($9::text[], $10::text[]) AS wanted(key, value)
          WHERE NOT EXISTS (
            SELECT FROM task_label l
            WHERE l.task_id = t.id AND l.key = wanted.key AND l.value = wanted.value))
      ORDER BY created_at DESC, id DESC
      LIMIT $11""";

  /** The same by an index of its own: few tasks of many share a key. */
  private static final String LIST_OF_KEY =
      """
      SELECT * FROM task_row t
      WHERE concurrency_key = $12
        AND ($1::timestamptz IS NULL OR (created_at, id) < ($1, $2::uuid))
        AND ($3::text IS NULL OR status = $3)
        AND ($4::text IS NULL OR schedule_kind = $4)
        AND ($5::uuid IS NULL OR created_by = $5)
        AND ($6::text IS NULL OR strpos(lower(title), lower($6)) > 0)
        AND ($7::timestamptz IS NULL OR next_run < $7)
        AND ($8::timestamptz IS NULL OR next_run > $8)
        AND NOT EXISTS (
          SELECT FROM unnest($9::text[], $10::text[]) AS wanted(key, value)
          WHERE NOT EXISTS (
            SELECT FROM task_label l
            WHERE l.task_id = t.id AND l.key = wanted.key AND l.value = wanted.value))
      ORDER BY created_at DESC, id DESC
      LIMIT $11""";

  private static final String EDIT =
      """
      WITH edited AS (
        UPDATE task
        SET title = $2, description = $3, schedule_kind = $4, schedule_expr = $5, timezone = $6,
          dst_gap = $7, dst_overlap = $8, overlap = $9, catch_up = $10,
          catch_up_window_seconds = $11, jitter_seconds = $12, starts_at = $13, ends_at = $14,
          max_runs = $15, payload = $16::text::jsonb, priority = $17, max_retries = $18,
          backoff_strategy = $19, backoff_base_seconds = $20, backoff_max_seconds = $21,
          labels = $22::text::jsonb, concurrency_key = $23, concurrency_limit = $24,
          timeout_seconds = $25, schedule_anchor = $26,
          planned_from = CASE WHEN $27 THEN now() ELSE planned_from END, version = version + 1,
          updated_at = now()
        WHERE id = $1
        RETURNING id, labels),
      unlabelled AS (
        DELETE FROM task_label l USING edited e
        WHERE l.task_id = e.id AND NOT e.labels ? l.key)
      INSERT INTO task_label (task_id, key, value)
      SELECT e.id, label.key, label.value FROM edited e, jsonb_each_text(e.labels) label
      ON CONFLICT (task_id, key) DO UPDATE SET value = excluded.value""";

  /**
   * The cursor goes back when work is withdrawn; what was counted as started was not. What has
   * fired all the same may lie after the cursor: the last of it says how far that has to be looked
   * for.
   */
  private static final String MOVE_CURSOR =
      """
      UPDATE task
      SET next_run = $2, last_emitted = NULL, runs_started = greatest(0, runs_started - $3),
        last_run = CASE WHEN last_run < $2 THEN last_run ELSE greatest(
          (SELECT max(run_at) FROM due_work_open
           WHERE task_id = $1 AND cause IN ('schedule', 'condition')),
          (SELECT max(run_at) FROM signal
           WHERE task_id = $1 AND cause IN ('schedule', 'condition')),
          (SELECT max(run_at) FROM task_run
           WHERE task_id = $1 AND cause IN ('schedule', 'condition')
             AND run_at >= $2 AND created_at >= $2::timestamptz - interval '1 hour'),
          (SELECT max(run_at) FROM task_run
           WHERE task_id = $1 AND cause IN ('schedule', 'condition')
             AND run_at >= $2 AND status = 'canceled' AND started_at IS NULL),
          (SELECT max(run_at) FROM (
            SELECT run_at FROM task_run WHERE task_id = $1 AND cause IN ('schedule', 'condition')
            ORDER BY created_at DESC, id DESC LIMIT 10) latest)) END
      WHERE id = $1""";

  private static final String FORGET_CONDITION = "DELETE FROM condition_state WHERE task_id = $1";

  private static final String UNSTART =
      "UPDATE task SET runs_started = greatest(0, runs_started - $2) WHERE id = $1";

  private static final String HAS_LAST_WORK =
      """
      SELECT EXISTS (
          SELECT FROM due_work_open
          WHERE task_id = $1 AND cause IN ('schedule', 'condition') AND is_last)
        OR EXISTS (
          SELECT FROM signal
          WHERE task_id = $1 AND cause IN ('schedule', 'condition') AND is_last) AS has""";

  private static final String SET_STATUS =
      """
      UPDATE task
      SET status = $2, status_reason = $3, updated_at = now(),
        next_run = CASE WHEN $2 IN ('canceled', 'completed') THEN NULL ELSE next_run END
      WHERE id = $1""";

  private static final String RECORD_SPAN =
      """
      INSERT INTO skipped_firing (task_id, from_at, to_at, count, reason)
      VALUES ($1, $2, $3, $4, $5)""";

  private static final String UNRECORD_MAX_RUNS =
      "DELETE FROM skipped_firing WHERE task_id = $1 AND reason = 'max_runs' AND from_at > $2";

  private static final String LAST_RECORDED =
      "SELECT to_at FROM skipped_firing WHERE task_id = $1 ORDER BY from_at DESC LIMIT 1";

  private static final String SIGNAL =
      """
      INSERT INTO signal (id, task_id, agent_id, cause, params)
      VALUES ($1, $2, $3, 'manual', $4::text::jsonb)""";

  private static final String CLOCK = "SELECT clock_timestamp() AS now";

  private static final String PURGE_LOG = "DELETE FROM run_log WHERE task_id = $1";

  private static final String PURGE_RUNS = "DELETE FROM task_run WHERE task_id = $1";

  private static final String PURGE_WORK = "DELETE FROM due_work_done WHERE task_id = $1";

  private static final String PURGE_SPANS = "DELETE FROM skipped_firing WHERE task_id = $1";

  private static final String PURGE_TASK = "DELETE FROM task WHERE id = $1";

  private final Db db;

  @Inject
  TaskTable(Db db) {
    this.db = db;
  }

  /** Stores a new task. */
  Task insert(UUID id, UUID createdBy, TaskDraft draft) {
    Instant createdAt =
        db.first(INSERT, values(id, createdBy, draft), row -> Columns.instant(row, "created_at"))
            .orElseThrow();
    return new Task(
        id,
        createdBy,
        draft.spec(),
        draft.anchor(),
        TaskStatus.ACTIVE,
        null,
        draft.firstRun(),
        null,
        null,
        0,
        1,
        createdAt,
        createdAt);
  }

  /** Stores many new tasks, all or none. */
  void insertAll(List<UUID> ids, UUID createdBy, List<TaskDraft> drafts) {
    List<Tuple> batch =
        IntStream.range(0, ids.size())
            .mapToObj(i -> values(ids.get(i), createdBy, drafts.get(i)))
            .toList();
    db.transaction(
        tx -> {
          tx.executeBatch(INSERT, batch);
          return batch.size();
        });
  }

  private static Tuple values(UUID id, UUID createdBy, TaskDraft draft) {
    Tuple values = Tuple.tuple().addUUID(id).addUUID(createdBy);
    addSpec(values, draft.spec());
    return values
        .addOffsetDateTime(Columns.argument(draft.anchor()))
        .addOffsetDateTime(Columns.argument(draft.firstRun()));
  }

  private static void addSpec(Tuple values, TaskSpec spec) {
    values
        .addString(spec.title())
        .addString(spec.description())
        .addString(spec.scheduleKind().stored())
        .addString(spec.scheduleExpr())
        .addString(spec.timezone().getId())
        .addString(lower(spec.dst().gap()))
        .addString(lower(spec.dst().overlap()))
        .addString(lower(spec.firing().overlap()))
        .addString(lower(spec.firing().catchUp()))
        .addInteger((int) spec.firing().catchUpWindow().toSeconds())
        .addInteger((int) spec.firing().jitter().toSeconds())
        .addOffsetDateTime(Columns.argument(spec.firing().startsAt()))
        .addOffsetDateTime(Columns.argument(spec.firing().endsAt()))
        .addLong(spec.firing().maxRuns())
        .addString(Json.write(spec.payload()))
        .addInteger(spec.priority())
        .addInteger(spec.maxRetries())
        .addString(spec.backoff().strategy().stored())
        .addDouble(spec.backoff().baseSeconds())
        .addDouble(spec.backoff().maxSeconds())
        .addString(Json.write(Json.MAPPER.valueToTree(spec.labels())))
        .addString(spec.limits().concurrencyKey())
        .addInteger(spec.limits().concurrencyLimit())
        .addInteger(seconds(spec.limits().timeout()));
  }

  private static @Nullable Integer seconds(@Nullable Duration duration) {
    return duration == null ? null : (int) duration.toSeconds();
  }

  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  /** The task of the given id. */
  public Optional<Task> byId(UUID id) {
    return byId(db, id);
  }

  /** The time by the database's clock. */
  Instant now() {
    return clock(db);
  }

  /** The task of the given id, as the snapshot or transaction sees it. */
  static Optional<Task> byId(Statements tx, UUID id) {
    return tx.first(BY_ID, Tuple.of(id), TaskRows::task);
  }

  /** The task of the given id, locked until the transaction ends. */
  static Optional<Task> lock(Statements tx, UUID id) {
    return tx.first(LOCK, Tuple.of(id), TaskRows::task);
  }

  /** The database's clock, by which schedulers decide: what is due and what is past by it. */
  static Instant clock(Statements tx) {
    return tx.first(CLOCK, Tuple.tuple(), row -> Columns.instant(row, "now")).orElseThrow();
  }

  /** Tasks, newest first. */
  List<Task> list(TaskFilter filter, Page page) {
    Tuple arguments =
        Tuple.tuple()
            .addOffsetDateTime(Columns.argument(page.before()))
            .addUUID(page.beforeId())
            .addString(filter.status())
            .addString(filter.scheduleKind())
            .addUUID(filter.createdBy())
            .addString(filter.titlePart())
            .addOffsetDateTime(Columns.argument(filter.nextRunBefore()))
            .addOffsetDateTime(Columns.argument(filter.nextRunAfter()))
            .addArrayOfString(filter.labels().keySet().toArray(String[]::new))
            .addArrayOfString(filter.labels().values().toArray(String[]::new))
            .addInteger(page.rows());
    return filter.concurrencyKey() == null
        ? db.query(LIST, arguments, TaskRows::task)
        : db.query(LIST_OF_KEY, arguments.addString(filter.concurrencyKey()), TaskRows::task);
  }

  static void edit(Statements tx, UUID id, TaskSpec spec, Instant anchor, boolean replanned) {
    Tuple values = Tuple.tuple().addUUID(id);
    addSpec(values, spec);
    tx.execute(EDIT, values.addOffsetDateTime(Columns.argument(anchor)).addBoolean(replanned));
  }

  static void moveCursor(Statements tx, UUID id, @Nullable Instant nextRun, int notStarted) {
    tx.execute(MOVE_CURSOR, Tuple.of(id, Columns.argument(nextRun), notStarted));
  }

  /** What a condition was is of no use once it has changed. */
  static void forgetCondition(Statements tx, UUID id) {
    tx.execute(FORGET_CONDITION, Tuple.of(id));
  }

  static void unstart(Statements tx, UUID id, int count) {
    tx.execute(UNSTART, Tuple.of(id, count));
  }

  /** Whether there is work whose end settles the task. */
  static boolean hasLastWork(Statements tx, UUID id) {
    return tx.first(HAS_LAST_WORK, Tuple.of(id), row -> row.getBoolean("has")).orElse(false);
  }

  static void setStatus(Statements tx, UUID id, TaskStatus status, @Nullable String reason) {
    tx.execute(SET_STATUS, Tuple.of(id, status.stored(), reason));
  }

  static void recordSpan(Statements tx, UUID id, Gap gap, String reason) {
    tx.execute(
        RECORD_SPAN,
        Tuple.of(
            id, Columns.argument(gap.first()), Columns.argument(gap.last()), gap.count(), reason));
  }

  /** Takes back that occurrences after the given one were one too many. */
  static void unrecordMaxRuns(Statements tx, UUID id, Instant after) {
    tx.execute(UNRECORD_MAX_RUNS, Tuple.of(id, Columns.argument(after)));
  }

  /** The end of the last recorded span. */
  static Optional<Instant> lastRecorded(Statements tx, UUID id) {
    return tx.first(LAST_RECORDED, Tuple.of(id), row -> Columns.instant(row, "to_at"));
  }

  static void signal(
      Statements tx, UUID signalId, UUID taskId, UUID agentId, @Nullable String params) {
    tx.execute(SIGNAL, Tuple.of(signalId, taskId, agentId, params));
  }

  static void purge(Statements tx, UUID id) {
    tx.execute(PURGE_LOG, Tuple.of(id));
    tx.execute(PURGE_RUNS, Tuple.of(id));
    tx.execute(PURGE_WORK, Tuple.of(id));
    tx.execute(PURGE_SPANS, Tuple.of(id));
    tx.execute(PURGE_TASK, Tuple.of(id));
  }
}

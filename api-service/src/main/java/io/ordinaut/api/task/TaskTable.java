package io.ordinaut.api.task;

import io.ordinaut.json.Json;
import io.ordinaut.store.Columns;
import io.ordinaut.store.Db;
import io.ordinaut.store.TaskRows;
import io.ordinaut.task.Task;
import io.ordinaut.task.TaskDraft;
import io.ordinaut.task.TaskSpec;
import io.vertx.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/** Statements on {@code task}. */
@ApplicationScoped
public class TaskTable {
  private static final String INSERT =
      """
      INSERT INTO task (id, created_by, title, description, schedule_kind, schedule_expr, timezone,
        dst_gap, dst_overlap, payload, priority, max_retries, backoff_strategy,
        backoff_base_seconds, backoff_max_seconds, next_run)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::text::jsonb, $11, $12, $13, $14, $15, $16)
      RETURNING id, created_by, title, description, schedule_kind, schedule_expr, timezone,
        dst_gap, dst_overlap, payload::text AS payload, priority, max_retries, backoff_strategy,
        backoff_base_seconds, backoff_max_seconds, status, status_reason, next_run, last_run,
        runs_started, version, created_at, updated_at""";

  private static final String BY_ID =
      """
      SELECT id, created_by, title, description, schedule_kind, schedule_expr, timezone,
        dst_gap, dst_overlap, payload::text AS payload, priority, max_retries, backoff_strategy,
        backoff_base_seconds, backoff_max_seconds, status, status_reason, next_run, last_run,
        runs_started, version, created_at, updated_at
      FROM task WHERE id = $1""";

  private final Db db;

  @Inject
  TaskTable(Db db) {
    this.db = db;
  }

  /** Stores a new task. */
  Task insert(UUID id, UUID createdBy, TaskDraft draft) {
    TaskSpec spec = draft.spec();
    Tuple values =
        Tuple.tuple()
            .addUUID(id)
            .addUUID(createdBy)
            .addString(spec.title())
            .addString(spec.description())
            .addString(spec.scheduleKind().stored())
            .addString(spec.scheduleExpr())
            .addString(spec.timezone().getId())
            .addString(spec.dst().gap().name().toLowerCase(Locale.ROOT))
            .addString(spec.dst().overlap().name().toLowerCase(Locale.ROOT))
            .addString(Json.write(spec.payload()))
            .addInteger(spec.priority())
            .addInteger(spec.maxRetries())
            .addString(spec.backoff().strategy().stored())
            .addDouble(spec.backoff().baseSeconds())
            .addDouble(spec.backoff().maxSeconds())
            .addOffsetDateTime(Columns.argument(draft.firstRun()));
    return db.first(INSERT, values, TaskRows::task).orElseThrow();
  }

  /** The task of the given id. */
  public Optional<Task> byId(UUID id) {
    return db.first(BY_ID, Tuple.of(id), TaskRows::task);
  }
}

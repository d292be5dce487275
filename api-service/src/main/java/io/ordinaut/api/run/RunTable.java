package io.ordinaut.api.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.json.Json;
import io.ordinaut.store.Columns;
import io.ordinaut.store.Db;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads runs: those that ended from {@code task_run}, those that go on from {@code due_work}. */
@ApplicationScoped
public class RunTable {
  private static final int LIMIT = 50;

  private static final String NEWEST_OF_TASK =
      """
      SELECT * FROM (
        (SELECT id, task_id, run_at, status, attempt, worker_id, started_at, finished_at,
           outputs::text AS outputs, error_code, error_message, cause, created_at
         FROM task_run WHERE task_id = $1
         ORDER BY created_at DESC, id DESC LIMIT $2)
        UNION ALL
        (SELECT id, task_id, run_at, 'running', attempt, locked_by, started_at, NULL,
           '{}', NULL, NULL, cause, created_at
         FROM due_work_open WHERE task_id = $1 AND (status = 'running' OR started_at IS NOT NULL)
         ORDER BY created_at DESC, id DESC LIMIT $2)) run
      ORDER BY created_at DESC, id DESC LIMIT $2""";

  private final Db db;

  @Inject
  RunTable(Db db) {
    this.db = db;
  }

  /** The newest runs of a task as a JSON array. */
  public String newestOf(UUID taskId) {
    ArrayNode list = Json.MAPPER.createArrayNode();
    db.query(NEWEST_OF_TASK, Tuple.of(taskId, LIMIT), RunTable::node).forEach(list::add);
    return Json.write(list);
  }

  private static JsonNode node(Row row) {
    ObjectNode run = Json.object();
    run.put("id", Columns.id(row, "id").toString());
    run.put("task_id", String.valueOf(row.getUUID("task_id")));
    run.put("status", row.getString("status"));
    run.put("attempt", row.getInteger("attempt"));
    run.put("cause", row.getString("cause"));
    run.put("run_at", text(Columns.instantOrNull(row, "run_at")));
    run.put("started_at", text(Columns.instantOrNull(row, "started_at")));
    run.put("finished_at", text(Columns.instantOrNull(row, "finished_at")));
    run.put("worker_id", row.getString("worker_id"));
    run.set("outputs", Columns.jsonOrNull(row, "outputs"));
    run.put("error_code", row.getString("error_code"));
    run.put("error_message", row.getString("error_message"));
    run.put("created_at", text(Columns.instantOrNull(row, "created_at")));
    return run;
  }

  private static @Nullable String text(@Nullable Instant instant) {
    return instant == null ? null : instant.toString();
  }
}

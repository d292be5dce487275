package io.ordinaut.api.stats;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.api.http.Page;
import io.ordinaut.json.Json;
import io.ordinaut.store.Columns;
import io.ordinaut.store.Statements;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.util.List;

/** Who works, by what workers say of themselves. */
final class WorkerTable {
  /** Who is silent is for the database's clock to say. */
  private static final String WORKERS =
      """
      SELECT worker_id, host, capacity, running, draining, started_at, seen_at, finished,
        leases_lost, runs_per_minute, worker_state(w) AS state
      FROM worker_heartbeat w
      WHERE $1::timestamptz IS NULL OR (started_at, worker_id) < ($1, $2::text)
      ORDER BY started_at DESC, worker_id DESC
      LIMIT $3""";

  private WorkerTable() {}

  /** Workers, the newest first. */
  static List<ObjectNode> list(Statements db, Page page) {
    return db.query(
        WORKERS,
        Tuple.of(Columns.argument(page.before()), page.beforeKey(), page.rows()),
        WorkerTable::json);
  }

  private static ObjectNode json(Row row) {
    return Json.object()
        .put("worker_id", Columns.text(row, "worker_id"))
        .put("host", Columns.text(row, "host"))
        .put("state", Columns.text(row, "state"))
        .put("capacity", row.getInteger("capacity"))
        .put("running", row.getInteger("running"))
        .put("draining", row.getBoolean("draining"))
        .put("started_at", Columns.instant(row, "started_at").toString())
        .put("seen_at", Columns.instant(row, "seen_at").toString())
        .put("finished", row.getLong("finished"))
        .put("leases_lost", row.getLong("leases_lost"))
        .put("runs_per_minute", row.getInteger("runs_per_minute"));
  }
}

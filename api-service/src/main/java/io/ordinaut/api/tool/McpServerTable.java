package io.ordinaut.api.tool;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.api.http.NamePage;
import io.ordinaut.json.Json;
import io.ordinaut.store.Columns;
import io.ordinaut.store.Statements;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Statements on {@code mcp_server}. */
final class McpServerTable {
  private static final String LIST =
      """
      SELECT name, transport, url, headers::text AS headers, status, status_reason, discovered_at,
        version, created_at, updated_at
      FROM mcp_server WHERE name > $1 ORDER BY name LIMIT $2""";

  private static final String BY_NAME =
      """
      SELECT name, transport, url, headers::text AS headers, status, status_reason, discovered_at,
        version, created_at, updated_at
      FROM mcp_server WHERE name = $1""";

  private static final String LOCK =
      """
      SELECT name, transport, url, headers::text AS headers, status, status_reason, discovered_at,
        version, created_at, updated_at
      FROM mcp_server WHERE name = $1 FOR UPDATE""";

  /** What was discovered stays until the next discovery says otherwise. */
  private static final String PUT =
      """
      INSERT INTO mcp_server AS s (name, transport, url, headers)
      VALUES ($1, 'http', $2, $3::text::jsonb)
      ON CONFLICT (name) DO UPDATE
      SET url = excluded.url, headers = excluded.headers, status = 'unknown',
        status_reason = NULL, version = s.version + 1, updated_at = now()
      RETURNING name, transport, url, headers::text AS headers, status, status_reason,
        discovered_at, version, created_at, updated_at""";

  private static final String DELETE =
      """
      DELETE FROM mcp_server WHERE name = $1""";

  private McpServerTable() {}

  static List<ObjectNode> list(Statements db, NamePage page) {
    return db.query(LIST, Tuple.of(page.after(), page.rows()), McpServerTable::node);
  }

  static Optional<ObjectNode> byName(Statements db, String name) {
    return db.first(BY_NAME, Tuple.of(name), McpServerTable::node);
  }

  static Optional<ObjectNode> lock(Statements tx, String name) {
    return tx.first(LOCK, Tuple.of(name), McpServerTable::node);
  }

  static ObjectNode put(Statements tx, McpServerDraft draft) {
    return tx.first(
            PUT,
            Tuple.of(draft.name(), draft.url(), Json.write(draft.headers())),
            McpServerTable::node)
        .orElseThrow();
  }

  static void delete(Statements tx, String name) {
    tx.execute(DELETE, Tuple.of(name));
  }

  private static ObjectNode node(Row row) {
    ObjectNode server = Json.object().put("name", Columns.text(row, "name"));
    server.put("transport", Columns.text(row, "transport"));
    server.put("url", row.getString("url"));
    server.set("headers", Columns.jsonOrNull(row, "headers"));
    server.put("status", Columns.text(row, "status"));
    server.put("status_reason", row.getString("status_reason"));
    Instant discovered = Columns.instantOrNull(row, "discovered_at");
    server.put("discovered_at", discovered == null ? null : discovered.toString());
    server.put("version", row.getInteger("version"));
    server.put("created_at", Columns.instant(row, "created_at").toString());
    server.put("updated_at", Columns.instant(row, "updated_at").toString());
    return server;
  }
}

package io.ordinaut.api.tool;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.json.Json;
import io.ordinaut.store.Columns;
import io.ordinaut.store.Statements;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Statements on {@code tool}. */
final class ToolTable {
  /** In the order of bytes, as built-in tools are merged in. */
  private static final String LIST =
      """
      SELECT name, server, description, input_schema::text AS input_schema,
        output_schema::text AS output_schema, request::text AS request, version, created_at,
        updated_at
      FROM tool
      WHERE name COLLATE "C" > $1
        AND ($2::text IS NULL OR server = $2)
        AND ($3::text IS NULL OR position(lower($3) IN lower(name || ' ' || description)) > 0)
      ORDER BY name COLLATE "C"
      LIMIT $4""";

  private static final String BY_NAME =
      """
      SELECT name, server, description, input_schema::text AS input_schema,
        output_schema::text AS output_schema, request::text AS request, version, created_at,
        updated_at
      FROM tool WHERE name = $1""";

  private static final String LOCK =
      """
      SELECT name, server, description, input_schema::text AS input_schema,
        output_schema::text AS output_schema, request::text AS request, version, created_at,
        updated_at
      FROM tool WHERE name = $1 FOR UPDATE""";

  private static final String HAS_HTTP_TOOLS =
      """
      SELECT EXISTS (SELECT FROM tool WHERE server IS NULL AND starts_with(name, $1)) AS has""";

  private static final String PUT =
      """
      INSERT INTO tool AS t (name, description, input_schema, output_schema, request)
      VALUES ($1, $2, $3::text::jsonb, $4::text::jsonb, $5::text::jsonb)
      ON CONFLICT (name) DO UPDATE
      SET description = excluded.description, input_schema = excluded.input_schema,
        output_schema = excluded.output_schema, request = excluded.request,
        version = t.version + 1, updated_at = now()
      RETURNING name, server, description, input_schema::text AS input_schema,
        output_schema::text AS output_schema, request::text AS request, version, created_at,
        updated_at""";

  private static final String DELETE =
      """
      DELETE FROM tool WHERE name = $1""";

  private ToolTable() {}

  static List<ObjectNode> list(
      Statements db, String after, @Nullable String server, @Nullable String text, int rows) {
    return db.query(LIST, Tuple.of(after, server, text, rows), ToolTable::node);
  }

  static Optional<ObjectNode> byName(Statements db, String name) {
    return db.first(BY_NAME, Tuple.of(name), ToolTable::node);
  }

  static Optional<ObjectNode> lock(Statements tx, String name) {
    return tx.first(LOCK, Tuple.of(name), ToolTable::node);
  }

  static boolean hasHttpToolsOf(Statements tx, String server) {
    return tx.first(HAS_HTTP_TOOLS, Tuple.of(server + "."), row -> row.getBoolean("has"))
        .orElse(false);
  }

  static ObjectNode put(Statements tx, HttpToolDraft draft) {
    return tx.first(
            PUT,
            Tuple.of(
                draft.name(),
                draft.description(),
                Json.write(draft.inputSchema()),
                draft.outputSchema() == null ? null : Json.write(draft.outputSchema()),
                Json.write(draft.request())),
            ToolTable::node)
        .orElseThrow();
  }

  static void delete(Statements tx, String name) {
    tx.execute(DELETE, Tuple.of(name));
  }

  private static ObjectNode node(Row row) {
    JsonNode request = Columns.jsonOrNull(row, "request");
    ObjectNode tool = Json.object().put("name", Columns.text(row, "name"));
    tool.put("kind", request == null ? "mcp" : "http").put("server", row.getString("server"));
    tool.put("description", Columns.text(row, "description"));
    tool.set("input_schema", Columns.jsonOrNull(row, "input_schema"));
    tool.set("output_schema", Columns.jsonOrNull(row, "output_schema"));
    if (request instanceof ObjectNode fields) {
      tool.setAll(fields);
    }
    tool.put("version", row.getInteger("version"));
    tool.put("created_at", Columns.instant(row, "created_at").toString());
    return tool.put("updated_at", Columns.instant(row, "updated_at").toString());
  }
}

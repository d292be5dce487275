package io.ordinaut.worker.tool.mcp;

import io.ordinaut.json.Json;
import io.ordinaut.json.Storable;
import io.ordinaut.store.Columns;
import io.ordinaut.store.Db;
import io.ordinaut.store.Statements;
import io.vertx.sqlclient.Tuple;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Statements about MCP servers and their tools. */
final class McpTable {
  private static final String FIND =
      """
      SELECT name, url, headers::text AS headers
      FROM mcp_server
      WHERE name = $1""";

  private static final String NAMES =
      """
      SELECT name
      FROM mcp_server
      WHERE name = ANY($1)""";

  /** The operator's word counts: a server that was registered under the name gives way. */
  private static final String CONFIGURE =
      """
      INSERT INTO mcp_server (name, transport)
      SELECT name, 'stdio'
      FROM unnest($1::text[]) AS name
      ORDER BY name
      ON CONFLICT (name) DO UPDATE SET
        transport = 'stdio', url = NULL, headers = '{}', status = 'unknown', status_reason = NULL,
        version = mcp_server.version + 1, updated_at = now()
      WHERE mcp_server.transport <> 'stdio'""";

  /** Workers that discover the same server at once write one after the other. */
  private static final String LOCK =
      """
      SELECT name
      FROM mcp_server
      WHERE name = $1
      FOR UPDATE""";

  private static final String OF_OTHERS =
      """
      SELECT name
      FROM tool
      WHERE name = ANY($2) AND server IS DISTINCT FROM $1""";

  private static final String FORGET =
      """
      DELETE FROM tool
      WHERE server = $1 AND name <> ALL($2)""";

  private static final String KEEP =
      """
      INSERT INTO tool (name, server, description, input_schema, output_schema)
      VALUES ($1, $2, $3, $4::text::jsonb, $5::text::jsonb)
      ON CONFLICT (name) DO UPDATE SET
        description = excluded.description, input_schema = excluded.input_schema,
        output_schema = excluded.output_schema, version = tool.version + 1, updated_at = now()
      WHERE tool.server = excluded.server
        AND (tool.description, tool.input_schema, tool.output_schema)
          IS DISTINCT FROM (excluded.description, excluded.input_schema, excluded.output_schema)""";

  private static final String READY =
      """
      UPDATE mcp_server
      SET status = 'ready', status_reason = $2, discovered_at = now()
      WHERE name = $1""";

  private static final String FAILED =
      """
      UPDATE mcp_server
      SET status = 'failed', status_reason = $2
      WHERE name = $1""";

  private McpTable() {}

  static Optional<ServerRow> find(Statements db, String server) {
    return db.first(
        FIND,
        Tuple.of(server),
        row ->
            new ServerRow(
                Columns.text(row, "name"),
                row.getString("url"),
                Json.read(Columns.text(row, "headers"))));
  }

  /** Which of some servers are registered. */
  static Set<String> registered(Statements db, Collection<String> servers) {
    return new HashSet<>(
        db.query(
            NAMES,
            Tuple.tuple().addArrayOfString(servers.toArray(String[]::new)),
            row -> Columns.text(row, "name")));
  }

  /** Registers the servers that this worker's operator has configured. */
  static void configure(Statements db, Collection<String> servers) {
    db.execute(CONFIGURE, Tuple.tuple().addArrayOfString(servers.toArray(String[]::new)));
  }

  /**
   * Makes the catalogue hold the tools that a server has, and no other of that server.
   *
   * @param note shown with the server
   * @return the names that it does not hold, since somebody else's tools have them; empty with
   *     nothing written when the server is not registered any more
   */
  static Set<String> replace(Db db, String server, List<FoundTool> found, @Nullable String note) {
    return db.transaction(transaction -> replaceIn(transaction, server, found, note));
  }

  private static Set<String> replaceIn(
      Statements db, String server, List<FoundTool> found, @Nullable String note) {
    if (db.first(LOCK, Tuple.of(server), Function.identity()).isEmpty()) {
      return Set.of();
    }
    Tuple names =
        Tuple.of(server)
            .addArrayOfString(found.stream().map(FoundTool::name).toArray(String[]::new));
    Set<String> taken = new HashSet<>(db.query(OF_OTHERS, names, row -> Columns.text(row, "name")));
    db.execute(FORGET, names);
    List<Tuple> kept =
        found.stream()
            .filter(tool -> !taken.contains(tool.name()))
            .map(tool -> arguments(server, tool))
            .toList();
    if (!kept.isEmpty()) {
      db.executeBatch(KEEP, kept);
    }
    db.execute(READY, Tuple.of(server, note));
    return taken;
  }

  private static Tuple arguments(String server, FoundTool tool) {
    return Tuple.of(
        tool.name(), server, tool.description(), tool.inputSchema(), tool.outputSchema());
  }

  static void failed(Statements db, String server, String reason) {
    db.execute(FAILED, Tuple.of(server, Storable.asStored(reason)));
  }
}

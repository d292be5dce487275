package io.ordinaut.worker.tool;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.json.Json;
import io.ordinaut.store.Columns;
import io.ordinaut.store.Statements;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Statements that read the catalogue of tools. */
final class CatalogueTable {
  private static final String FIND =
      """
      SELECT name, server, input_schema::text AS input_schema,
        output_schema::text AS output_schema, request::text AS request
      FROM tool
      WHERE name = $1""";

  /** A server is found by the first part of the name: it may have ceased to have the tool. */
  private static final String HEADERS =
      """
      SELECT (request -> 'headers')::text AS headers
      FROM tool
      WHERE name = ANY($1) AND request ? 'headers'
      UNION ALL
      SELECT headers::text
      FROM mcp_server
      WHERE name = ANY($2) OR $3""";

  private CatalogueTable() {}

  /**
   * The headers that tools are sent, with templates over secrets.
   *
   * @param tools names of HTTP tools
   * @param servers names of MCP servers
   * @param allServers whether to count in every server
   */
  static List<JsonNode> headers(
      Statements db, Set<String> tools, Set<String> servers, boolean allServers) {
    return db.query(
        HEADERS,
        Tuple.tuple()
            .addArrayOfString(tools.toArray(String[]::new))
            .addArrayOfString(servers.toArray(String[]::new))
            .addBoolean(allServers),
        row -> Json.read(Columns.text(row, "headers")));
  }

  static Optional<CatalogueEntry> find(Statements db, String name) {
    return db.first(
        FIND,
        Tuple.of(name),
        row ->
            new CatalogueEntry(
                Columns.text(row, "name"),
                row.getString("server"),
                Json.read(Columns.text(row, "input_schema")),
                Columns.jsonOrNull(row, "output_schema"),
                Columns.jsonOrNull(row, "request")));
  }
}

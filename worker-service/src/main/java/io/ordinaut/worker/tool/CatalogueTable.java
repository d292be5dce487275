package io.ordinaut.worker.tool;

import io.ordinaut.json.Json;
import io.ordinaut.store.Columns;
import io.ordinaut.store.Statements;
import io.vertx.sqlclient.Tuple;
import java.util.Optional;

/** Statements that read the catalogue of tools. */
final class CatalogueTable {
  private static final String FIND =
      """
      SELECT name, server, input_schema::text AS input_schema,
        output_schema::text AS output_schema, request::text AS request
      FROM tool
      WHERE name = $1""";

  private CatalogueTable() {}

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

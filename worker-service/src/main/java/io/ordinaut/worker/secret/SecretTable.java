package io.ordinaut.worker.secret;

import io.ordinaut.secret.Sealed;
import io.ordinaut.store.Columns;
import io.ordinaut.store.Statements;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Statements that read secrets. */
final class SecretTable {
  private static final String FIND =
      """
      SELECT name, key_id, nonce, ciphertext FROM secret WHERE name = ANY ($1)""";

  /** Beyond so many of a name the oldest are let go. */
  private static final String PAST =
      """
      SELECT p.name, p.key_id, p.nonce, p.ciphertext
      FROM unnest($1::text[]) AS wanted(name)
      CROSS JOIN LATERAL (
        SELECT * FROM secret_past s
        WHERE s.name = wanted.name AND s.replaced_at > $2
        ORDER BY s.replaced_at DESC
        LIMIT 20) AS p""";

  private SecretTable() {}

  /** Those of the names that exist. */
  static Map<String, Sealed> find(Statements db, Set<String> names) {
    Map<String, Sealed> found = new HashMap<>();
    db.query(
        FIND,
        Tuple.tuple().addArrayOfString(names.toArray(String[]::new)),
        row -> found.put(Columns.text(row, "name"), sealed(row)));
    return found;
  }

  /** Values that were replaced after a moment, each with the name under which it was locked. */
  static List<Map.Entry<String, Sealed>> past(Statements db, Set<String> names, Instant since) {
    return db.query(
        PAST,
        Tuple.tuple()
            .addArrayOfString(names.toArray(String[]::new))
            .addOffsetDateTime(Columns.argument(since)),
        row -> Map.entry(Columns.text(row, "name"), sealed(row)));
  }

  private static Sealed sealed(Row row) {
    return new Sealed(
        Columns.text(row, "key_id"),
        row.getBuffer("nonce").getBytes(),
        row.getBuffer("ciphertext").getBytes());
  }
}

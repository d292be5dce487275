package io.ordinaut.worker.secret;

import io.ordinaut.secret.Sealed;
import io.ordinaut.store.Columns;
import io.ordinaut.store.Statements;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Statements that read secrets. */
final class SecretTable {
  private static final String FIND =
      """
      SELECT name, key_id, nonce, ciphertext FROM secret WHERE name = ANY ($1)""";

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

  private static Sealed sealed(Row row) {
    return new Sealed(
        Columns.text(row, "key_id"),
        row.getBuffer("nonce").getBytes(),
        row.getBuffer("ciphertext").getBytes());
  }
}

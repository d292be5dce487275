package io.ordinaut.api.secret;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.api.http.NamePage;
import io.ordinaut.json.Json;
import io.ordinaut.secret.Sealed;
import io.ordinaut.store.Columns;
import io.ordinaut.store.Db;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Optional;

/** Statements on {@code secret}. None reads what is locked. */
@ApplicationScoped
public class SecretTable {
  private static final String LIST =
      """
      SELECT name, key_id, created_at, updated_at
      FROM secret WHERE name > $1 ORDER BY name LIMIT $2""";

  private static final String BY_NAME =
      """
      SELECT name, key_id, created_at, updated_at FROM secret WHERE name = $1""";

  /**
   * A run that waits, or that can be tried again, may have given the value that is replaced to a
   * tool: it is kept for their masks, and no longer than any run of its time is open or has its
   * payload. A worker may hand out a value a little after it was replaced. The count makes the old
   * value be read before the new one is written.
   */
  private static final String PUT =
      """
      WITH before AS (
        SELECT name, key_id, nonce, ciphertext FROM secret WHERE name = $1 FOR UPDATE),
      kept AS (
        INSERT INTO secret_past (name, key_id, nonce, ciphertext) SELECT * FROM before),
      forgotten AS (
        DELETE FROM secret_past
        WHERE replaced_at < interval '-1 minute' + least(
          coalesce((SELECT min(admitted_at) FROM due_work_open), now()),
          coalesce(
            (SELECT least(kept_from, now() - kept_for) FROM history_horizon
             WHERE history = 'due_work_done'),
            now() - interval '7 days')))
      INSERT INTO secret (name, key_id, nonce, ciphertext)
      SELECT $1::text, $2::text, $3::bytea, $4::bytea FROM (SELECT count(*) FROM before) AS locked
      ON CONFLICT (name) DO UPDATE
      SET key_id = excluded.key_id, nonce = excluded.nonce, ciphertext = excluded.ciphertext,
        updated_at = now()
      RETURNING name, key_id, created_at, updated_at""";

  private static final String DELETE =
      """
      WITH gone AS (
        DELETE FROM secret WHERE name = $1 RETURNING name, key_id, nonce, ciphertext)
      INSERT INTO secret_past (name, key_id, nonce, ciphertext) SELECT * FROM gone""";

  private final Db db;

  @Inject
  SecretTable(Db db) {
    this.db = db;
  }

  /** Secrets without their values, by name. */
  List<ObjectNode> list(NamePage page) {
    return db.query(LIST, Tuple.of(page.after(), page.rows()), SecretTable::node);
  }

  /** The secret of a name, without its value. */
  Optional<ObjectNode> byName(String name) {
    return db.first(BY_NAME, Tuple.of(name), SecretTable::node);
  }

  /** Stores a secret, or replaces the one of the name. */
  ObjectNode put(String name, Sealed sealed) {
    return db.first(
            PUT,
            Tuple.of(
                name,
                sealed.keyId(),
                Buffer.buffer(sealed.nonce()),
                Buffer.buffer(sealed.ciphertext())),
            SecretTable::node)
        .orElseThrow();
  }

  /** Removes a secret; false when there is none. */
  boolean delete(String name) {
    return db.execute(DELETE, Tuple.of(name)) > 0;
  }

  private static ObjectNode node(Row row) {
    return Json.object()
        .put("name", Columns.text(row, "name"))
        .put("key_id", Columns.text(row, "key_id"))
        .put("created_at", Columns.instant(row, "created_at").toString())
        .put("updated_at", Columns.instant(row, "updated_at").toString());
  }
}

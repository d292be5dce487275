package io.ordinaut.store;

import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;

/** Knows whether the database holds the schema that this version needs. */
public final class SchemaCheck {
  /** The newest migration in this jar; a test holds it to the folder. */
  public static final int NEEDED_VERSION = 4;

  private static final String TABLE_EXISTS =
      "SELECT to_regclass('flyway_schema_history') IS NOT NULL AS there";

  private static final String APPLIED =
      """
      SELECT coalesce(max(version::numeric), 0)::integer AS version
      FROM flyway_schema_history
      WHERE success AND version IS NOT NULL""";

  private final Statements db;

  /** Asks the given database. */
  public SchemaCheck(Statements db) {
    this.db = db;
  }

  /**
   * Whether the schema is there.
   *
   * @throws DbException when the database can't be asked
   */
  public boolean isThere() {
    return version() >= NEEDED_VERSION;
  }

  /**
   * The newest migration in the database; 0 when there is none.
   *
   * @throws DbException when the database can't be asked
   */
  public int version() {
    boolean migrated =
        db.first(TABLE_EXISTS, Tuple.tuple(), row -> row.getBoolean("there")).orElse(false);
    return migrated ? applied() : 0;
  }

  private int applied() {
    return db.first(APPLIED, Tuple.tuple(), (Row row) -> row.getInteger("version")).orElse(0);
  }
}

package io.ordinaut.api.admin;

import io.ordinaut.store.Columns;
import io.ordinaut.store.Statements;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import org.jspecify.annotations.Nullable;

/** Statements on the brake, which schedulers and workers look at with each claim. */
final class BrakeTable {
  /** Since when stays as it is when it was pulled before. */
  private static final String PULL =
      """
      INSERT INTO brake AS b (pulled_at, reason) VALUES (now(), $1)
      ON CONFLICT (only_row) DO UPDATE
      SET pulled_at = coalesce(b.pulled_at, excluded.pulled_at),
        reason = coalesce(excluded.reason, b.reason)
      RETURNING pulled_at, reason""";

  private static final String RELEASE =
      """
      UPDATE brake SET pulled_at = NULL, reason = NULL, released_at = now()
      WHERE only_row AND pulled_at IS NOT NULL""";

  private BrakeTable() {}

  static Brake pull(Statements db, @Nullable String reason) {
    return db.query(PULL, Tuple.of(reason), BrakeTable::brake).get(0);
  }

  /** Whether it had been pulled. */
  static boolean release(Statements db) {
    return db.execute(RELEASE, Tuple.tuple()) > 0;
  }

  private static Brake brake(Row row) {
    return new Brake(Columns.instantOrNull(row, "pulled_at"), row.getString("reason"));
  }
}

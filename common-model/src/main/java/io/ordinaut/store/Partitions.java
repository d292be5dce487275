package io.ordinaut.store;

import io.vertx.sqlclient.Tuple;
import java.util.function.Supplier;

/** Makes the partitions that rows of the coming days need. */
public final class Partitions {
  /** How far ahead, so that a scheduler may be away for days before anybody waits for one. */
  private static final int DAYS_AHEAD = 7;

  private static final String ENSURE = "SELECT ordinaut_ensure_partitions($1)";

  private Partitions() {}

  /**
   * Runs a statement; when it finds no partition for a row, makes what is missing and runs again.
   */
  public static <T> T madeIfMissing(Statements db, Supplier<T> statement) {
    try {
      return statement.get();
    } catch (DbException e) {
      if (!e.isMissingPartition()) {
        throw e;
      }
      ensure(db);
      return statement.get();
    }
  }

  /** Makes what is missing, from yesterday to a week ahead. */
  public static void ensure(Statements db) {
    db.query(ENSURE, Tuple.of(DAYS_AHEAD), row -> 0);
  }
}

package io.ordinaut.tests.utils;

import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Transaction;
import io.vertx.sqlclient.Tuple;

/** A transaction that holds what it touched until it is let go. */
public final class Stalled implements AutoCloseable {
  private final SqlConnection connection;
  private final Transaction transaction;

  /** One that touches what a statement says. */
  public Stalled(Harness db, String sql, Object... arguments) {
    connection = get(db.pool().getConnection());
    transaction = get(connection.begin());
    // It idles for as long as those take that are to meet it.
    get(connection.query("SET LOCAL idle_in_transaction_session_timeout = 0").execute());
    get(connection.preparedQuery(sql).execute(Tuple.wrap(arguments)));
  }

  /** Lets go. */
  public void commit() {
    get(transaction.commit());
  }

  @Override
  public void close() {
    connection.close();
  }

  private static <T> T get(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().join();
  }
}

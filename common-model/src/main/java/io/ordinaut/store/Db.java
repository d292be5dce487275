package io.ordinaut.store;

import io.ordinaut.failure.Seconds;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Transaction;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/** PostgreSQL, spoken to in straight lines: every statement is awaited, and none for ever. */
public final class Db implements Statements {
  private static final String ONE_SNAPSHOT =
      "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY";

  private final Pool pool;
  private final Duration deadline;

  /**
   * @param pool of connections
   * @param deadline for one statement, its wait for a connection included
   */
  public Db(Pool pool, Duration deadline) {
    this.pool = pool;
    this.deadline = deadline;
  }

  /** The same database for statements that read much and may take longer. */
  public Db within(Duration longer) {
    return new Db(pool, longer);
  }

  @Override
  public <T> List<T> query(String sql, Tuple arguments, Function<Row, T> map) {
    return rows(run(pool, sql, arguments), map);
  }

  @Override
  public int execute(String sql, Tuple arguments) {
    return run(pool, sql, arguments).rowCount();
  }

  @Override
  public void executeBatch(String sql, List<Tuple> arguments) {
    await(pool.preparedQuery(sql).executeBatch(arguments));
  }

  /**
   * Runs several statements as one: all take effect or, when the body throws, none. A transaction
   * that met a deadlock or a serialization failure is tried once more, and so is one that found no
   * partition for a row, when the partition is made.
   *
   * @throws DbException when the database refuses or does not answer in time
   */
  public <T> T transaction(Function<Statements, T> body) {
    try {
      return once(body);
    } catch (DbException e) {
      if (e.isMissingPartition()) {
        Partitions.ensure(this);
      } else if (!e.isTransient()) {
        throw e;
      }
      return once(body);
    }
  }

  /**
   * Reads, each time from the same state of the database: what moves from one table to another
   * meanwhile is found in exactly one of them.
   *
   * @throws DbException when the database refuses or does not answer in time
   */
  public <T> T snapshot(Function<Statements, T> reads) {
    return transaction(
        tx -> {
          tx.execute(ONE_SNAPSHOT, Tuple.tuple());
          return reads.apply(tx);
        });
  }

  private <T> T once(Function<Statements, T> body) {
    Future<SqlConnection> asked = pool.getConnection();
    SqlConnection connection;
    try {
      connection = await(asked);
    } catch (DbException e) {
      // It may still come; nobody else would give it back.
      asked.onSuccess(SqlConnection::close);
      throw e;
    }
    try {
      Transaction transaction = await(connection.begin());
      try {
        T result = body.apply(new InTransaction(connection));
        await(transaction.commit());
        return result;
      } catch (RuntimeException | Error e) {
        rollback(transaction, e);
        throw e;
      }
    } finally {
      // Queued behind what is still under way; a connection that is lost is dropped by the pool.
      connection.close();
    }
  }

  private void rollback(Transaction transaction, Throwable because) {
    try {
      await(transaction.rollback());
    } catch (RuntimeException e) {
      because.addSuppressed(e);
    }
  }

  private RowSet<Row> run(SqlClient client, String sql, Tuple arguments) {
    return await(client.preparedQuery(sql).execute(arguments));
  }

  private static <T> List<T> rows(RowSet<Row> rows, Function<Row, T> map) {
    List<T> mapped = new ArrayList<>(rows.size());
    for (Row row : rows) {
      mapped.add(map.apply(row));
    }
    return mapped;
  }

  private <T> T await(Future<T> future) {
    if (Context.isOnEventLoopThread()) {
      throw new IllegalStateException("The database is awaited, never on an event loop.");
    }
    try {
      return future
          .toCompletionStage()
          .toCompletableFuture()
          .get(deadline.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new DbException(
          "The database did not answer within " + Seconds.of(deadline) + ".", null, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DbException("Interrupted while waiting for the database.", null, e);
    } catch (ExecutionException e) {
      throw translated(e.getCause() == null ? e : e.getCause());
    }
  }

  private static DbException translated(Throwable cause) {
    if (cause instanceof PgException refused) {
      return new DbException(
          refused.getSqlState() + " " + refused.getErrorMessage(), refused.getSqlState(), cause);
    }
    return new DbException("The database can't be reached: " + cause.getMessage(), null, cause);
  }

  /** The same on the connection of a transaction. */
  private final class InTransaction implements Statements {
    private final SqlConnection connection;

    InTransaction(SqlConnection connection) {
      this.connection = connection;
    }

    @Override
    public <T> List<T> query(String sql, Tuple arguments, Function<Row, T> map) {
      return rows(run(connection, sql, arguments), map);
    }

    @Override
    public int execute(String sql, Tuple arguments) {
      return run(connection, sql, arguments).rowCount();
    }

    @Override
    public void executeBatch(String sql, List<Tuple> arguments) {
      await(connection.preparedQuery(sql).executeBatch(arguments));
    }
  }
}

package io.ordinaut.store;

import io.vertx.pgclient.PgException;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A statement that the database refused, or did not answer in time. */
public final class DbException extends RuntimeException {
  /** Classes of SQLSTATE: connection, rollback, resources, state, intervention, system. */
  private static final Set<String> NOT_THE_STATEMENT =
      Set.of("08", "40", "53", "55", "57", "58", "XX");

  private final @Nullable String sqlState;

  /** With the SQLSTATE of the refusal, or null when the database could not be reached. */
  public DbException(String message, @Nullable String sqlState, Throwable cause) {
    super(message, cause);
    this.sqlState = sqlState;
  }

  /** Whether PostgreSQL refused with the given SQLSTATE (PostgreSQL manual, appendix A). */
  public boolean is(String state) {
    return state.equals(sqlState);
  }

  /** Whether the statement was not answered in time: it, or the database, takes too long. */
  public boolean isTimeout() {
    return getCause() instanceof TimeoutException || is("57014");
  }

  /** There is no room left where the database writes; what was to be written was not. */
  public boolean isDiskFull() {
    return is("53100");
  }

  /** Serialization failure or deadlock: the same work may pass when tried again. */
  public boolean isTransient() {
    return is("40001") || is("40P01");
  }

  /** A value can't be what its column is (class 22). */
  public boolean isValueError() {
    return sqlState != null && sqlState.startsWith("22");
  }

  /** No partition is there for a row: a violation that, unlike a check's, names no constraint. */
  public boolean isMissingPartition() {
    return is("23514")
        && getCause() instanceof PgException refused
        && refused.getConstraint() == null;
  }

  /**
   * The statement is not to blame, the state of the database is: it could not be reached or did not
   * answer, gave up waiting, ran out of something, or does not hold the schema yet. The same
   * statement may pass later.
   */
  public boolean isUnavailable() {
    return sqlState == null || is("42P01") || NOT_THE_STATEMENT.contains(sqlState.substring(0, 2));
  }
}

package io.ordinaut.store;

import org.jspecify.annotations.Nullable;

/** A statement that the database refused, or did not answer in time. */
public final class DbException extends RuntimeException {
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

  /** Serialization failure or deadlock: the same work may pass when tried again. */
  public boolean isTransient() {
    return is("40001") || is("40P01");
  }

  /** The values sent can't be stored (class 22), whatever is tried. */
  public boolean isDataError() {
    return sqlState != null && sqlState.startsWith("22");
  }

  /** A check was violated; also what a missing partition looks like. */
  public boolean isCheckViolation() {
    return is("23514");
  }

  /** The database could not be reached, did not answer, or does not hold the schema yet. */
  public boolean isUnavailable() {
    return sqlState == null
        || sqlState.startsWith("57P")
        || sqlState.startsWith("08")
        || is("42P01");
  }
}

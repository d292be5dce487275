package io.ordinaut.service;

import io.quarkus.logging.LoggingFilter;
import java.util.logging.Filter;
import java.util.logging.LogRecord;

/**
 * Keeps out of the log what says nothing. When a connection can't be made, whoever wanted one is
 * told so at once, but the pool forgets the timer of the wait: half a minute later it fails what
 * has failed already, with a stack trace for every statement of an outage (seen with
 * vertx-sql-client 4.5.25). Other uncaught exceptions, which the same logger reports, are kept.
 */
@LoggingFilter(name = "known-noise")
public final class KnownNoise implements Filter {
  private static final String POOL = "io.vertx.sqlclient.impl.pool.SqlConnectionPool";

  @Override
  public boolean isLoggable(LogRecord entry) {
    return !(entry.getThrown() instanceof IllegalStateException late && isOfTheTimer(late));
  }

  /** The pool's own lambda, called by nobody but the timer, completes the promise again. */
  private static boolean isOfTheTimer(IllegalStateException late) {
    StackTraceElement[] trace = late.getStackTrace();
    return trace.length > 1
        && trace[1].getClassName().equals(POOL)
        && trace[1].getMethodName().startsWith("lambda$execute$");
  }
}

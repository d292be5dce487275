package io.ordinaut.worker.tool.http;

import io.ordinaut.failure.ErrorCode;
import io.ordinaut.failure.Seconds;
import io.ordinaut.worker.tool.ToolException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * When a call has to be over.
 *
 * @param whole the time that it was given
 * @param atNanos its end, by the monotonic clock
 */
record Deadline(Duration whole, long atNanos) {
  static Deadline in(Duration whole) {
    return new Deadline(whole, System.nanoTime() + whole.toNanos());
  }

  /** What is left, at least a millisecond. */
  Duration left() {
    return Duration.ofNanos(Math.max(1_000_000, atNanos - System.nanoTime()));
  }

  /**
   * Waits for something that others do.
   *
   * @param abandon ends it when nobody waits any longer
   * @param otherwise how the sentence begins when it was not done in time
   * @throws ToolException {@code timeout}, or what it failed with if that is one
   */
  <T> T await(CompletableFuture<T> awaited, Runnable abandon, String otherwise)
      throws InterruptedException {
    try {
      return awaited.get(left().toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      abandon.run();
      throw new ToolException(ErrorCode.TIMEOUT, otherwise + " within " + Seconds.of(whole) + ".");
    } catch (InterruptedException e) {
      abandon.run();
      throw e;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ToolException known) {
        throw known;
      }
      throw new ToolException(ErrorCode.TOOL_ERROR, otherwise + ": " + reason(e));
    }
  }

  private static String reason(ExecutionException e) {
    Throwable cause = e.getCause() == null ? e : e.getCause();
    return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }
}

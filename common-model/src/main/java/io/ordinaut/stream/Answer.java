package io.ordinaut.stream;

import io.ordinaut.failure.Seconds;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** What Redis says, waited for no longer than a deadline. */
final class Answer {
  private Answer() {}

  /**
   * Waits for it.
   *
   * @throws StreamException when it is a refusal, or does not come in time
   */
  static <T> T await(Future<T> answer, Duration longest) {
    try {
      return answer
          .toCompletionStage()
          .toCompletableFuture()
          .get(longest.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StreamException("Interrupted while waiting for Redis.", e);
    } catch (TimeoutException e) {
      throw new StreamException("Redis did not answer within " + Seconds.of(longest) + ".", e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      // Of what was sent together, each refusal has a line: the first says why.
      String first = String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
      throw new StreamException(first, cause);
    }
  }
}

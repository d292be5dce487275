package io.ordinaut.worker.run;

import io.ordinaut.pipeline.OnError;
import io.ordinaut.pipeline.Step;
import io.ordinaut.pipeline.StepOutcome;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Whether and when something that failed is tried again.
 *
 * @param snapshot has what the task says of it
 * @param attempt of the run
 */
record Retries(Snapshot snapshot, int attempt) {
  /** Longer pauses give up the slot. */
  private static final Duration LONGEST_SLEEP = Duration.ofSeconds(1);

  static boolean parks(Duration pause) {
    return pause.compareTo(LONGEST_SLEEP) > 0;
  }

  /** Whether a step or element is not tried again, whatever the attempt of the run. */
  boolean usedUp(Step step, StepOutcome.Failed failed, int tries) {
    if (!failed.code().retryable()) {
      return true;
    }
    return step.retryCount() > 0
        ? tries >= step.retryCount()
        : step.onError() == OnError.CONTINUE && tries > 0;
  }

  /** Whether a run goes on after it: later steps may have been told that it brought nothing. */
  boolean passed(Step step, StepOutcome.Failed failed, int tries) {
    return step.onError() == OnError.CONTINUE && usedUp(step, failed, tries);
  }

  /** How a step or element waits for its next try; null when there is none. */
  RunOutcome.@Nullable Parked after(Step step, StepOutcome.Failed failed, int tries) {
    if (usedUp(step, failed, tries)) {
      return null;
    }
    if (step.retryCount() > 0) {
      return RunOutcome.Parked.after(step.retryDelay(), attempt);
    }
    if (attempt > snapshot.maxRetries()) {
      return null;
    }
    Duration delay = snapshot.backoff().after(attempt, ThreadLocalRandom.current());
    return RunOutcome.Parked.after(delay, attempt + 1);
  }

  /** Whether what undoes a step is not tried again. */
  boolean undoingUsedUp(Step step, StepOutcome.Failed failed, int tries) {
    int most = step.retryCount() > 0 ? step.retryCount() : 1 + snapshot.maxRetries();
    return !failed.code().retryable() || tries >= most;
  }

  /** The pause before the next try to undo a step. */
  Duration beforeUndoing(Step step, int tries) {
    return step.retryCount() > 0
        ? step.retryDelay()
        : snapshot.backoff().after(tries, ThreadLocalRandom.current());
  }
}

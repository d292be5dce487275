package io.ordinaut.worker.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.work.RunStatus;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Where a run stands when its worker lets go of it. */
public sealed interface RunOutcome {
  /**
   * It is over.
   *
   * @param status how
   * @param outputs the {@code save_as} values
   * @param code what went wrong; null on success
   * @param message a sentence about it; null on success
   */
  record Ended(
      RunStatus status, ObjectNode outputs, @Nullable ErrorCode code, @Nullable String message)
      implements RunOutcome {}

  /** Its work looked at a condition that did not call for a run: the work is over without one. */
  record NotTriggered() implements RunOutcome {}

  /**
   * It waits, without holding a slot.
   *
   * @param delay how long
   * @param attempt which attempt goes on then
   * @param until the end of a delay that a step asked for; null when it waits for another try
   */
  record Parked(Duration delay, int attempt, @Nullable Instant until) implements RunOutcome {
    static Parked after(Duration delay, int attempt) {
      return new Parked(delay, attempt, null);
    }

    static Parked until(Instant end, Duration left, int attempt) {
      return new Parked(left, attempt, end);
    }
  }

  /** It was stopped before it was over, for another worker to go on with. */
  record Unfinished() implements RunOutcome {}

  /** Its lease is gone: another worker has it, and nothing of this one's counts. */
  record Lost() implements RunOutcome {}
}

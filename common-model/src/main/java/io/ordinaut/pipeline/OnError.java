package io.ordinaut.pipeline;

/** What becomes of the run when a step has used up its tries. */
public enum OnError {
  /** The run fails. */
  FAIL,
  /** The run goes on; the step's output is null. Without a {@code retry_count} it is tried once. */
  CONTINUE,
  /** Finished steps are compensated in reverse order, then the run fails. */
  ROLLBACK
}

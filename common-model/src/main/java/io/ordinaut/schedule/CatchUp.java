package io.ordinaut.schedule;

/** What becomes of occurrences that were missed, because no scheduler ran at their time. */
public enum CatchUp {
  /** The newest fires; the others are recorded as coalesced. */
  LATEST,
  /** They fire, oldest first, spread over time. */
  ALL,
  /** None fires. */
  NONE
}

package io.ordinaut.schedule;

/** What becomes of an occurrence whose task's earlier run is still going. */
public enum Overlap {
  /** It runs beside the other. */
  ALLOW,
  /** It does not fire. */
  SKIP,
  /** It waits for the other's end; while one waits, no further one fires. */
  BUFFER_ONE,
  /** The other is asked to stop, and it runs after the other's end. */
  CANCEL_RUNNING
}

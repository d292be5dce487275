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
  CANCEL_RUNNING;

  /** Whether at most one run of the task goes on at a time, and others wait for it. */
  public boolean isExclusive() {
    return this == BUFFER_ONE || this == CANCEL_RUNNING;
  }
}

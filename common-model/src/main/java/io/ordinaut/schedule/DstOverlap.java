package io.ordinaut.schedule;

/** What becomes of a local time that the clocks show twice. */
public enum DstOverlap {
  /** It happens at the first of the two instants. */
  FIRST,
  /** It happens at the second. */
  LAST,
  /** It happens at both. */
  BOTH
}

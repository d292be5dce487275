package io.ordinaut.schedule;

/** What becomes of a local time that the clocks jump over. */
public enum DstGap {
  /** It happens later by the length of the gap: 02:30 becomes 03:30. */
  SHIFT,
  /** It does not happen. */
  SKIP
}

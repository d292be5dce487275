package io.ordinaut.schedule;

import java.util.Locale;

/** What decides when a task fires. */
public enum ScheduleKind {
  /** A cron expression. */
  CRON,
  /** A recurrence set of RFC 5545. */
  RRULE,
  /** A single time. */
  ONCE;

  /** The value as it is stored and shown. */
  public String stored() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Reads what {@link #stored()} wrote. */
  public static ScheduleKind of(String stored) {
    return valueOf(stored.toUpperCase(Locale.ROOT));
  }
}

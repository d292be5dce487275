package io.ordinaut.schedule;

import java.util.Locale;

/** What decides when a task fires. */
public enum ScheduleKind {
  /** A cron expression. */
  CRON,
  /** A recurrence set of RFC 5545. */
  RRULE,
  /** A single time. */
  ONCE,
  /** A topic of events. */
  EVENT,
  /** An expression that is looked at again and again. */
  CONDITION;

  /** Whether its times can be listed ahead, so that it can be missed, bounded and spread. */
  public boolean recurs() {
    return this == CRON || this == RRULE || this == CONDITION;
  }

  /** The value as it is stored and shown. */
  public String stored() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Reads what {@link #stored()} wrote. */
  public static ScheduleKind of(String stored) {
    return valueOf(stored.toUpperCase(Locale.ROOT));
  }
}

package io.ordinaut.schedule;

import java.util.Locale;

/** What decides when a task fires. */
public enum ScheduleKind {
  /** Once, at a given time. */
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

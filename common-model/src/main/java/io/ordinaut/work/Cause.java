package io.ordinaut.work;

import java.util.Locale;

/** What made a piece of work. */
public enum Cause {
  SCHEDULE,
  MANUAL,
  EVENT,
  CONDITION,
  REDRIVE,
  BACKFILL;

  /** The value as it is stored and shown. */
  public String stored() {
    return name().toLowerCase(Locale.ROOT);
  }
}

package io.ordinaut.schedule;

import java.time.zone.ZoneRulesProvider;

/** The time zone data that all schedules are reckoned with. */
public final class TzData {
  private TzData() {}

  /** Its version as the IANA names it, such as 2025b. */
  public static String version() {
    return ZoneRulesProvider.getVersions("UTC").lastEntry().getKey();
  }
}

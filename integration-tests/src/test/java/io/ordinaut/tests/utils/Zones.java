package io.ordinaut.tests.utils;

/** Zones that no country has, for PostgreSQL's sessions. */
public final class Zones {
  private Zones() {}

  /**
   * A zone whose clocks go back by 24 hours at the beginning of the day after the next two: whoever
   * goes from day to day of its calendar leaves out the day of UTC after tomorrow, at any hour.
   */
  public static String withADayThatComesTwice(Harness db) {
    return db.query(
            """
            SELECT 'STD0AGN24,' || day || '/0,' || (day + 30) % 365 || '/0'
            FROM (SELECT extract(doy FROM (now() AT TIME ZONE 'UTC') + interval '3 days')::integer - 1)
              AS back(day)""")
        .get(0)
        .getString(0);
  }
}

package io.ordinaut.tests.utils;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;

/**
 * A database whose clock is driven by hand: its sessions find a {@code now()} of the test's own
 * before PostgreSQL's. What the services ask the database for the time, they ask this clock.
 */
public final class SimulatedClock implements InstantSource {
  private final Harness db;
  private Instant now;

  private SimulatedClock(Harness db, Instant start) {
    this.db = db;
    this.now = start;
  }

  /** Puts the clock into a fresh database; sessions opened from now on follow it. */
  public static String install(String databaseUrl, Instant start, Duration length) {
    String name = databaseUrl.substring(databaseUrl.lastIndexOf('/') + 1);
    try (Harness db = new Harness(databaseUrl)) {
      db.execute("CREATE SCHEMA sim");
      db.execute("CREATE TABLE sim.clock (at timestamptz NOT NULL)");
      db.execute("INSERT INTO sim.clock VALUES ($1)", start.atOffset(ZoneOffset.UTC));
      for (String function : new String[] {"now", "clock_timestamp"}) {
        db.execute(
            "CREATE FUNCTION sim."
                + function
                + "() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT at FROM sim.clock'");
      }
      db.query(
          """
          SELECT ordinaut_ensure_partition('due_work_done', 'day', at)
          FROM generate_series($1::timestamptz, $2::timestamptz, interval '1 day') at""",
          start.atOffset(ZoneOffset.UTC),
          start.plus(length).plus(Duration.ofDays(10)).atOffset(ZoneOffset.UTC));
      db.execute("ALTER DATABASE " + name + " SET search_path = sim, pg_catalog, public");
    }
    return databaseUrl;
  }

  /** The clock of a database that it was put into. */
  public static SimulatedClock of(Harness db, Instant start) {
    return new SimulatedClock(db, start);
  }

  @Override
  public Instant instant() {
    return now;
  }

  /** Lets time pass. */
  public void advance(Duration by) {
    now = now.plus(by);
    db.execute("UPDATE sim.clock SET at = $1", now.atOffset(ZoneOffset.UTC));
  }
}

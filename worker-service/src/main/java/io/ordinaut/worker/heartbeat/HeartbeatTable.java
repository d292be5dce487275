package io.ordinaut.worker.heartbeat;

import io.ordinaut.store.Statements;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;

/** Statements on {@code worker_heartbeat}. */
final class HeartbeatTable {
  /** Whoever beats clears away those who have not for a day; two don't wait for each other. */
  private static final String BEAT =
      """
      WITH dead AS (
        DELETE FROM worker_heartbeat
        WHERE worker_id = ANY (ARRAY(
          SELECT worker_id FROM worker_heartbeat
          WHERE seen_at < now() - interval '1 day' AND worker_id <> $1
          FOR UPDATE SKIP LOCKED)))
      INSERT INTO worker_heartbeat AS w (worker_id, host, capacity, running, draining, finished,
        leases_lost, runs_per_minute, heartbeat_seconds)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::bigint * 0.001)
      ON CONFLICT (worker_id) DO UPDATE
      SET seen_at = now(), capacity = excluded.capacity, running = excluded.running,
        draining = excluded.draining, finished = excluded.finished,
        leases_lost = excluded.leases_lost, runs_per_minute = excluded.runs_per_minute""";

  private static final String REMOVE = "DELETE FROM worker_heartbeat WHERE worker_id = $1";

  private static final String REMOVE_EARLIER =
      "DELETE FROM worker_heartbeat WHERE starts_with(worker_id, $1) AND worker_id <> $2";

  private HeartbeatTable() {}

  static void beat(
      Statements db,
      String workerId,
      String host,
      Vitals vitals,
      boolean draining,
      int runsPerMinute,
      Duration every) {
    db.execute(
        BEAT,
        Tuple.tuple()
            .addString(workerId)
            .addString(host)
            .addInteger(vitals.capacity())
            .addInteger(vitals.running())
            .addBoolean(draining)
            .addLong(vitals.finished())
            .addLong(vitals.leasesLost())
            .addInteger(runsPerMinute)
            .addLong(every.toMillis()));
  }

  static void remove(Statements db, String workerId) {
    db.execute(REMOVE, Tuple.of(workerId));
  }

  static void removeEarlier(Statements db, String idPrefix, String workerId) {
    db.execute(REMOVE_EARLIER, Tuple.of(idPrefix, workerId));
  }
}

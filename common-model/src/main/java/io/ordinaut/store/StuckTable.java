package io.ordinaut.store;

import io.vertx.sqlclient.Tuple;
import java.util.List;

/** Finds what is stuck. */
public final class StuckTable {
  /** Up to here things are counted; what is beyond is counted as one more. */
  public static final int MOST = 100_000;

  /**
   * Each kind from the head of its own index. Nothing is stuck while the brake is pulled: all of it
   * waits because somebody wants it to, and what was held up so waits since the brake was released.
   * Work is unclaimed only when none was begun or ended by any worker within a minute: heartbeats
   * are older than the work they tell of, and a backlog that becomes less is none that is stuck. Of
   * work with a concurrency key the oldest thousand are looked at, since for each the runs under
   * its key are counted. What is due since before it was there waits since it is there.
   */
  private static final String STUCK =
      """
      WITH workers AS MATERIALIZED (
        SELECT (count(*) = 0 OR sum(capacity) > sum(running))
          AND (
            SELECT true FROM task_run
            WHERE created_at > now() - interval '1 minute' AND worker_id IS NOT NULL
            ORDER BY created_at DESC, id DESC
            LIMIT 1) IS NULL
          AND (
            SELECT true FROM due_work_open
            WHERE status = 'running' AND admitted_at > now() - interval '1 minute'
            LIMIT 1) IS NULL AS are_idle
        FROM worker_heartbeat w
        WHERE worker_state(w) = 'active'),
      released AS MATERIALIZED (
        SELECT coalesce(max(released_at), '-infinity') AS at FROM brake),
      keyed AS MATERIALIZED (
        SELECT w.since, coalesce(w.concurrency_limit > (
            SELECT count(*) FROM due_work_open r
            WHERE r.status = 'running' AND r.concurrency_key = w.concurrency_key), false) AS has_room
        FROM (
          SELECT since, concurrency_key, concurrency_limit
          FROM (
            SELECT greatest(coalesce(available_at, run_at), created_at) AS since, concurrency_key,
              concurrency_limit
            FROM due_work_open
            WHERE status = 'pending' AND concurrency_key >= ''
              AND coalesce(available_at, run_at) < now() - interval '5 minutes'
            ORDER BY coalesce(available_at, run_at)
            LIMIT $1) due
          WHERE since < now() - interval '5 minutes'
          LIMIT 1000) w),
      waiting AS MATERIALIZED (
        (SELECT 'lease_expired' AS kind, interval '30 seconds' AS bound, locked_until AS since
         FROM due_work_open
         WHERE status = 'running' AND locked_until < now() - interval '30 seconds'
         LIMIT $1)
        UNION ALL
        (SELECT 'work_unclaimed', interval '5 minutes', due.since
         FROM generate_series(1, 9) AS class(priority)
         CROSS JOIN LATERAL (
           SELECT greatest(coalesce(available_at, run_at), created_at) AS since FROM due_work_open
           WHERE status = 'pending' AND concurrency_key IS NULL AND priority = class.priority
             AND coalesce(available_at, run_at) < now() - interval '5 minutes'
           ORDER BY coalesce(available_at, run_at)
           LIMIT $1) due
         WHERE since < now() - interval '5 minutes' AND (SELECT are_idle FROM workers)
         LIMIT $1)
        UNION ALL
        (SELECT 'work_unclaimed', interval '5 minutes', since FROM keyed
         WHERE has_room AND (SELECT are_idle FROM workers))
        UNION ALL
        (SELECT 'key_held', interval '1 hour', since FROM keyed
         WHERE NOT has_room AND since < now() - interval '1 hour')
        UNION ALL
        (SELECT 'task_behind', interval '1 minute', owed.since
         FROM unnest(ARRAY['skip', 'buffer_one', 'cancel_running', 'allow']) AS policy(overlap)
         CROSS JOIN LATERAL (
           SELECT greatest(next_run, updated_at) AS since FROM task
           WHERE status = 'active' AND last_emitted IS DISTINCT FROM next_run
             AND overlap = policy.overlap AND next_run < now() - interval '1 minute'
           ORDER BY next_run
           LIMIT $1) owed
         WHERE since < now() - interval '1 minute'
         LIMIT $1)
        UNION ALL
        (SELECT 'signal_waiting', interval '1 minute', created_at FROM signal
         WHERE created_at < now() - interval '1 minute'
         ORDER BY created_at
         LIMIT $1)
        UNION ALL
        (SELECT 'event_waiting', interval '1 minute', occurred_at FROM event
         WHERE position IS NULL AND occurred_at < now() - interval '1 minute'
         ORDER BY occurred_at
         LIMIT $1)),
      stuck AS MATERIALIZED (
        SELECT kind, bound, greatest(since, released.at) AS since
        FROM waiting CROSS JOIN released)
      SELECT kind, least(count(*), $1) AS count,
        extract(epoch FROM now() - min(since))::float8 AS oldest_seconds
      FROM stuck
      WHERE since < now() - bound
        AND NOT EXISTS (SELECT FROM brake WHERE only_row AND pulled_at IS NOT NULL)
      GROUP BY kind
      ORDER BY kind""";

  private StuckTable() {}

  /** What is stuck now, at most one of each kind; empty when nothing is. */
  public static List<Stuck> find(Statements db) {
    return db.query(
        STUCK,
        Tuple.of(MOST + 1L),
        row ->
            new Stuck(
                Stuck.Kind.of(Columns.text(row, "kind")),
                row.getLong("count"),
                row.getDouble("oldest_seconds")));
  }
}

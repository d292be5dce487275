package io.ordinaut.api.stats;

import io.ordinaut.api.admin.Brake;
import io.ordinaut.store.Columns;
import io.ordinaut.store.Statements;
import io.ordinaut.store.StuckTable;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;

/** Counts how things are: each count ends at a bound, each age is the head of an index. */
final class StatsTable {
  /** What is due since before it was there waits since it is there. */
  private static final String QUEUE =
      """
      WITH due AS MATERIALIZED (
        SELECT waiting.at FROM generate_series(1, 9) AS class(priority)
        CROSS JOIN LATERAL (
          SELECT greatest(coalesce(available_at, run_at), created_at) AS at FROM due_work_open
          WHERE status = 'pending' AND concurrency_key IS NULL AND priority = class.priority
            AND coalesce(available_at, run_at) <= now()
          ORDER BY coalesce(available_at, run_at)
          LIMIT $1) waiting
        LIMIT $1),
      keyed_due AS MATERIALIZED (
        SELECT greatest(coalesce(available_at, run_at), created_at) AS at FROM due_work_open
        WHERE status = 'pending' AND concurrency_key >= ''
          AND coalesce(available_at, run_at) <= now()
        ORDER BY coalesce(available_at, run_at)
        LIMIT $1),
      heads AS MATERIALIZED (
        SELECT head.at FROM generate_series(1, 9) AS class(priority)
        CROSS JOIN LATERAL (
          SELECT greatest(coalesce(available_at, run_at), created_at) AS at FROM due_work_open
          WHERE status = 'pending' AND concurrency_key IS NULL AND priority = class.priority
          ORDER BY coalesce(available_at, run_at)
          LIMIT 1) head),
      later AS MATERIALIZED (
        SELECT 1 AS one FROM generate_series(1, 9) AS class(priority)
        CROSS JOIN LATERAL (
          SELECT FROM due_work_open
          WHERE status = 'pending' AND concurrency_key IS NULL AND priority = class.priority
            AND coalesce(available_at, run_at) > now()
          ORDER BY coalesce(available_at, run_at)
          LIMIT $1) waiting
        LIMIT $1),
      keyed_later AS MATERIALIZED (
        SELECT 1 AS one FROM due_work_open
        WHERE status = 'pending' AND concurrency_key >= ''
          AND coalesce(available_at, run_at) > now()
        ORDER BY coalesce(available_at, run_at)
        LIMIT $1),
      running AS MATERIALIZED (
        SELECT 1 AS one FROM due_work_open WHERE status = 'running' LIMIT $1)
      SELECT (SELECT count(*) FROM due) + (SELECT count(*) FROM keyed_due) AS due,
        (SELECT count(*) FROM later) + (SELECT count(*) FROM keyed_later) AS waiting,
        (SELECT count(*) FROM running) AS running,
        greatest(0, extract(epoch FROM now() - least(
          (SELECT min(at) FROM heads), (SELECT min(at) FROM due),
          (SELECT min(at) FROM keyed_due))))::float8 AS oldest_due""";

  private static final String REST =
      """
      SELECT now() AS as_of, brake.pulled_at, brake.reason, heard.*,
        greatest(0, (
          SELECT extract(epoch FROM now() - min(owed.since))
          FROM unnest(ARRAY['skip', 'buffer_one', 'cancel_running', 'allow']) AS policy(overlap)
          CROSS JOIN LATERAL (
            SELECT greatest(next_run, updated_at) AS since FROM task
            WHERE status = 'active' AND last_emitted IS DISTINCT FROM next_run
              AND overlap = policy.overlap AND next_run <= now()
            ORDER BY next_run
            LIMIT 1000) owed))::float8 AS lag,
        (SELECT count(*) FROM (
          SELECT FROM signal ORDER BY created_at, id LIMIT $1) waiting) AS signals,
        (SELECT count(*) FROM (
          SELECT FROM event WHERE position IS NULL ORDER BY occurred_at LIMIT $1) waiting) AS events,
        greatest(0, (
          SELECT extract(epoch FROM max(now() - xact_start)) FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> pg_backend_pid()
            AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)))::float8 AS oldest_snapshot
      FROM (
        SELECT count(*) FILTER (WHERE state = 'active') AS active,
          count(*) FILTER (WHERE state = 'draining') AS draining,
          count(*) FILTER (WHERE state = 'silent') AS silent,
          coalesce(sum(capacity) FILTER (WHERE state = 'active'), 0)::bigint AS capacity,
          coalesce(sum(running) FILTER (WHERE state <> 'silent'), 0)::bigint AS running,
          coalesce(sum(runs_per_minute) FILTER (WHERE state <> 'silent'), 0)::bigint
            AS runs_per_minute
        FROM (
          SELECT capacity, running, runs_per_minute, worker_state(w) AS state
          FROM worker_heartbeat w) workers) heard
      LEFT JOIN brake ON brake.only_row""";

  private StatsTable() {}

  static Stats count(Statements db) {
    Tuple most = Tuple.of(StuckTable.MOST + 1L);
    Stats.Queue queue = db.query(QUEUE, most, StatsTable::queue).get(0);
    var stuck = StuckTable.find(db);
    return db.query(
            REST,
            most,
            row ->
                new Stats(
                    Columns.instant(row, "as_of"),
                    queue,
                    workers(row),
                    row.getDouble("lag"),
                    row.getLong("signals"),
                    row.getLong("events"),
                    row.getDouble("oldest_snapshot"),
                    new Brake(Columns.instantOrNull(row, "pulled_at"), row.getString("reason")),
                    stuck))
        .get(0);
  }

  private static Stats.Queue queue(Row row) {
    return new Stats.Queue(
        row.getLong("due"),
        row.getLong("waiting"),
        row.getLong("running"),
        row.getDouble("oldest_due"));
  }

  private static Stats.Workers workers(Row row) {
    return new Stats.Workers(
        row.getLong("active"),
        row.getLong("draining"),
        row.getLong("silent"),
        row.getLong("capacity"),
        row.getLong("running"),
        row.getLong("runs_per_minute"));
  }
}

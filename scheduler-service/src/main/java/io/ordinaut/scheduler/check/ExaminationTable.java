package io.ordinaut.scheduler.check;

import io.ordinaut.store.Columns;
import io.ordinaut.store.Statements;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Statements that look at a database as its operator would. */
final class ExaminationTable {
  private static final String READ_ONLY = "SET TRANSACTION READ ONLY";

  /** A scheduler makes them a week ahead, every hour. */
  private static final String MISSING_PARTITIONS =
      """
      SELECT DISTINCT name
      FROM (
        SELECT parent, parent || to_char(date_trunc(unit, day), '_YYYYMMDD') AS name
        FROM (VALUES ('due_work_done', 'day'), ('task_run', 'week'), ('run_log', 'week'),
            ('event', 'week')) AS parents(parent, unit)
        CROSS JOIN (SELECT now() AT TIME ZONE 'UTC' AS today) utc
        CROSS JOIN generate_series(today, today + interval '6 days', interval '1 day') day) wanted
      WHERE NOT EXISTS (
        SELECT FROM pg_inherits
        WHERE inhparent = wanted.parent::regclass AND inhrelid = to_regclass(wanted.name)
          AND NOT inhdetachpending)
      ORDER BY name""";

  private static final String TOO_MANY_PARTITIONS =
      """
      SELECT inhparent::regclass::text || ' has ' || count(*) || ' partitions'
        || CASE WHEN bool_or(inhdetachpending) THEN ', of which one is half detached' ELSE '' END
        AS what
      FROM pg_inherits
      WHERE inhparent IN ('due_work_done'::regclass, 'task_run'::regclass, 'run_log'::regclass,
        'event'::regclass)
      GROUP BY inhparent
      HAVING count(*) > 16 OR bool_or(inhdetachpending)
      ORDER BY what""";

  /**
   * Long work under a lock looks at it again and again: what is silent for a minute is left over.
   */
  private static final String LEFT_OVER =
      """
      SELECT 'Process ' || a.pid || ' (' || coalesce(nullif(a.application_name, ''), 'no name')
        || ') holds ' || count(*) || ' advisory locks and has been ' || a.state || ' for '
        || extract(epoch FROM date_trunc('second', now() - a.state_change))::bigint || ' s' AS what,
        a.pid
      FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
      WHERE l.locktype = 'advisory' AND l.granted AND a.datname = current_database()
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND a.pid <> pg_backend_pid() AND a.state_change < now() - $1 * interval '1 second'
      GROUP BY a.pid, a.application_name, a.state, a.state_change
      UNION ALL
      SELECT 'Process ' || pid || ' (' || coalesce(nullif(application_name, ''), 'no name')
        || ') has been idle in a transaction for '
        || extract(epoch FROM date_trunc('second', now() - state_change))::bigint || ' s', pid
      FROM pg_stat_activity
      WHERE datname = current_database() AND state LIKE 'idle in transaction%'
        AND pid <> pg_backend_pid() AND state_change < now() - $1 * interval '1 second'
      ORDER BY pid""";

  private static final String PREPARED =
      """
      SELECT 'Transaction ' || gid || ' was prepared at ' || prepared || ' and has not ended' AS what
      FROM pg_prepared_xacts
      WHERE database = current_database() AND prepared < now() - $1 * interval '1 second'
      ORDER BY prepared""";

  private static final String OLDEST_SNAPSHOT =
      """
      SELECT pid, extract(epoch FROM now() - xact_start)::bigint AS seconds
      FROM pg_stat_activity
      WHERE backend_xmin IS NOT NULL AND datname = current_database() AND pid <> pg_backend_pid()
        AND backend_type <> 'autovacuum worker' AND xact_start IS NOT NULL
      ORDER BY xact_start
      LIMIT 1""";

  private static final String SILENT_WORKERS =
      """
      SELECT 'Worker ' || worker_id || ' on ' || coalesce(nullif(host, ''), 'a host without name')
        || ' was last seen ' || extract(epoch FROM date_trunc('second', now() - seen_at))::bigint
        || ' s ago, with ' || running || ' runs' AS what
      FROM worker_heartbeat w
      WHERE worker_state(w) = 'silent' AND seen_at > now() - interval '1 hour'
      ORDER BY seen_at""";

  private static final String BRAKE =
      """
      SELECT 'It was pulled at ' || pulled_at || coalesce(': ' || reason, '') AS what
      FROM brake
      WHERE pulled_at IS NOT NULL""";

  /** What it noted as past lies ahead. */
  private static final String CLOCK_WENT_BACK =
      """
      SELECT what || ' ' || date_trunc('second', at) || ', and it is '
        || date_trunc('second', now()) AS what
      FROM (
        SELECT 'History counts as removed up to' AS what, max(kept_from) AS at FROM history_horizon
        UNION ALL
        SELECT 'A worker was last seen at', max(seen_at) FROM worker_heartbeat
        UNION ALL
        SELECT 'The last look at a condition was at', max(looked_at) FROM condition_state) noted
      WHERE at > now() + interval '1 minute'
      ORDER BY what""";

  private static final String RELAY =
      """
      SELECT coalesce(r.position, 0) AS position, h.position AS horizon,
        coalesce((
          SELECT extract(epoch FROM now() - occurred_at)::bigint FROM event
          WHERE position > coalesce(r.position, 0)
          ORDER BY position
          LIMIT 1), 0) AS seconds
      FROM event_horizon h LEFT JOIN event_relay r ON true""";

  /**
   * A session and how old its snapshot is.
   *
   * @param pid of its process
   * @param seconds since its transaction began
   */
  record Snapshot(int pid, long seconds) {}

  /**
   * How far events have come.
   *
   * @param position of the last event that was relayed
   * @param horizon the highest position that was given
   * @param seconds since the oldest event that was not relayed
   */
  record Relayed(long position, long horizon, long seconds) {}

  private ExaminationTable() {}

  /** From here on the transaction can change nothing. */
  static void readOnly(Statements tx) {
    tx.execute(READ_ONLY, Tuple.tuple());
  }

  static List<String> missingPartitions(Statements tx) {
    return tx.query(MISSING_PARTITIONS, Tuple.tuple(), row -> Columns.text(row, "name"));
  }

  static List<String> tooManyPartitions(Statements tx) {
    return sentences(tx, TOO_MANY_PARTITIONS);
  }

  /** Sessions that have done nothing for a time and hold others up. */
  static List<String> leftOver(Statements tx, Duration silent) {
    return sentences(tx, LEFT_OVER, Tuple.of(seconds(silent)));
  }

  static List<String> prepared(Statements tx, Duration silent) {
    return sentences(tx, PREPARED, Tuple.of(seconds(silent)));
  }

  private static double seconds(Duration duration) {
    return duration.toMillis() / 1e3;
  }

  static Optional<Snapshot> oldestSnapshot(Statements tx) {
    return tx.first(
        OLDEST_SNAPSHOT,
        Tuple.tuple(),
        row -> new Snapshot(row.getInteger("pid"), row.getLong("seconds")));
  }

  static List<String> silentWorkers(Statements tx) {
    return sentences(tx, SILENT_WORKERS);
  }

  static List<String> brake(Statements tx) {
    return sentences(tx, BRAKE);
  }

  static List<String> clockWentBack(Statements tx) {
    return sentences(tx, CLOCK_WENT_BACK);
  }

  static Relayed relayed(Statements tx) {
    return tx.first(
            RELAY,
            Tuple.tuple(),
            row ->
                new Relayed(
                    row.getLong("position"), row.getLong("horizon"), row.getLong("seconds")))
        .orElse(new Relayed(0, 0, 0));
  }

  private static List<String> sentences(Statements tx, String sql) {
    return sentences(tx, sql, Tuple.tuple());
  }

  private static List<String> sentences(Statements tx, String sql, Tuple arguments) {
    return tx.query(sql, arguments, row -> Columns.text(row, "what") + ".");
  }
}

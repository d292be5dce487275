package io.ordinaut.scheduler.retention;

import io.ordinaut.store.Columns;
import io.ordinaut.store.Statements;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Statements that find what is too old, and remove it. */
final class RetentionTable {
  /** The transaction is idle while another connection works, seconds at the most. */
  private static final String LOCK =
      """
      SELECT pg_try_advisory_xact_lock(hashtext('ordinaut_retention')) AS mine,
        set_config('idle_in_transaction_session_timeout', '60000', true)""";

  private static final String STILL_THERE = "SELECT 1 AS there";

  /**
   * What is gone stays gone, also when more is to be kept from now on. What goes now is told by the
   * clock as it is: it may have been ahead when something went.
   */
  private static final String MARK =
      """
      INSERT INTO history_horizon AS h (history, kept_from, kept_for)
      VALUES ($1, now() - $2 * interval '1 millisecond', $2 * interval '1 millisecond')
      ON CONFLICT (history) DO UPDATE
      SET kept_from = greatest(h.kept_from, excluded.kept_from), kept_for = excluded.kept_for
      RETURNING least(kept_from, now() - kept_for) AS kept_from""";

  /**
   * The oldest that waits for its position, and the first that waits for the relay: those behind it
   * may be older by as long as a transaction took that stored one.
   */
  private static final String OLDEST_WAITING =
      """
      SELECT least(
        (SELECT occurred_at FROM event WHERE position IS NULL
         ORDER BY occurred_at, id
         LIMIT 1),
        (SELECT occurred_at - interval '1 hour' FROM event
         WHERE position > (SELECT position FROM event_relay)
         ORDER BY position
         LIMIT 1)) AS occurred_at""";

  /**
   * Tables that were partitions and were not dropped yet are among them: a comment says that they
   * were. Tables of others are not, and what looks like a date and is none is let alone.
   */
  private static final String EXPIRED =
      """
      SELECT name,
        CASE WHEN is_attached
          THEN format('ALTER TABLE %I DETACH PARTITION %I %s', $1::text, name,
            CASE WHEN is_pending THEN 'FINALIZE' ELSE 'CONCURRENTLY' END) END AS detach,
        format('DROP TABLE %I', name) AS remove
      FROM (
        SELECT relname::text AS name, inhrelid IS NOT NULL AS is_attached,
          coalesce(inhdetachpending, false) AS is_pending,
          CASE WHEN relname ~ ('^' || $1::text || '_[0-9]{8}$')
            THEN timestamp '0001-01-01' + make_interval(
              years => left(right(relname, 8), 4)::integer - 1,
              months => left(right(relname, 4), 2)::integer - 1,
              days => right(relname, 2)::integer - 1) END AS low
        FROM pg_class c
        LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND i.inhparent = $1::text::regclass
        WHERE relkind = 'r'
          AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = $1::text::regclass)
          AND (inhrelid IS NOT NULL
            OR obj_description(c.oid, 'pg_class') = 'Partition of ' || $1::text)) own
      WHERE to_char(low, 'YYYYMMDD') = right(name, 8)
        AND (low + ('1 ' || $2::text)::interval) AT TIME ZONE 'UTC' <= $3
      ORDER BY is_pending DESC, low""";

  private static final String LOCK_TIMEOUT = "SELECT set_config('lock_timeout', '200', true)";

  /** Nothing need have happened in the week into which goes what is kept. */
  private static final String ENSURE_KEEP =
      """
      SELECT ordinaut_ensure_partition($1, $2, at)
      FROM unnest(ARRAY[$3::timestamptz, $3::timestamptz + interval '1 minute']) AS week(at)""";

  /**
   * A run may wait for a year, and so may one that goes on with others: what all of them did goes
   * to where history begins, in the order in which it was done and before what is younger. What
   * ended runs did goes under the root, where it is found when their own rows are gone. Runs that
   * can still be tried again are among them. The minute makes room for as many rows as there are.
   */
  private static final String KEEP_CHECKPOINTS =
      """
      WITH going_on AS MATERIALIZED (
        SELECT id, coalesce(root_id, id) AS root_id FROM due_work_open
        WHERE started_at IS NOT NULL OR root_id IS NOT NULL
        UNION
        SELECT id, root_id FROM signal WHERE root_id IS NOT NULL
        UNION
        SELECT coalesce(root_id, id), coalesce(root_id, id) FROM task_run
        WHERE status <> 'success'
          AND (started_at < $1::timestamptz + interval '1 minute' OR root_id IS NOT NULL)
          AND created_at >= (
            SELECT least(kept_from, now() - kept_for) - interval '1 day' FROM history_horizon
            WHERE history = 'due_work_done')),
      family AS MATERIALIZED (
        SELECT id, id AS kept_as FROM going_on
        UNION
        SELECT root_id, root_id FROM going_on
        UNION
        SELECT r.id, r.root_id
        FROM (SELECT DISTINCT root_id FROM going_on) root
        JOIN task_run r ON r.root_id = root.root_id),
      kept AS (
        DELETE FROM run_log l
        USING family f
        WHERE l.run_id = f.id AND l.created_at < $1::timestamptz + interval '1 minute'
        RETURNING f.kept_as, l.*)
      INSERT INTO run_log (run_id, task_id, step_id, item, attempt, kind, status, input, output,
        error_code, error, started_at, finished_at, created_at)
      SELECT kept_as, task_id, step_id, item, attempt, kind, status, input, output, error_code,
        error, started_at, finished_at,
        $1::timestamptz + row_number() OVER (ORDER BY created_at, finished_at) * interval '1 microsecond'
      FROM kept""";

  /**
   * A run that was canceled before it began may be older than history while its occurrence is not:
   * only its row says that the occurrence has fired. It goes to where history begins, until the
   * occurrence is too old as well.
   */
  private static final String KEEP_CANCELED =
      """
      WITH kept AS (
        DELETE FROM task_run
        WHERE status = 'canceled' AND started_at IS NULL AND cause IN ('schedule', 'condition')
          AND run_at >= $1 AND created_at < $1
        RETURNING *)
      INSERT INTO task_run (id, task_id, agent_id, run_at, status, attempt, worker_id, started_at,
        finished_at, outputs, error_code, error_message, cause, resumes, root_id, created_at)
      SELECT id, task_id, agent_id, run_at, status, attempt, worker_id, started_at, finished_at,
        outputs, error_code, error_message, cause, resumes, root_id,
        $1::timestamptz + row_number() OVER (ORDER BY created_at, id) * interval '1 microsecond'
      FROM kept""";

  private static final String DELETE_SKIPS =
      """
      DELETE FROM skipped_firing
      WHERE id = ANY (ARRAY(
        SELECT id FROM skipped_firing
        WHERE created_at < $1 AND to_at < $1
        ORDER BY created_at
        LIMIT $2
        FOR UPDATE SKIP LOCKED))""";

  private static final String DELETE_DEDUPE =
      """
      DELETE FROM event_dedupe d
      USING (
        SELECT agent_id, dedupe_id FROM event_dedupe
        WHERE created_at < $1
        ORDER BY created_at
        LIMIT $2
        FOR UPDATE SKIP LOCKED) old
      WHERE d.agent_id = old.agent_id AND d.dedupe_id = old.dedupe_id""";

  /**
   * A table whose rows are all too old.
   *
   * @param name of the table
   * @param detach the statement that takes it out of its parent, which PostgreSQL has made from
   *     names that it knows; null when it is out already
   * @param remove the statement that drops it
   */
  record Expired(String name, @Nullable String detach, String remove) {}

  private RetentionTable() {}

  /** Whether nobody else is at it; holds until the transaction ends. */
  static boolean lock(Statements tx) {
    return tx.first(LOCK, Tuple.tuple(), row -> row.getBoolean("mine")).orElse(false);
  }

  /** Throws when the lock's connection is gone, and keeps it from being idle for too long. */
  static void confirm(Statements lock) {
    lock.query(STILL_THERE, Tuple.tuple(), row -> row);
  }

  /** Notes from when on a history is kept, before anything older goes. */
  static Instant mark(Statements db, History history, Duration kept) {
    return db.first(
            MARK,
            Tuple.of(history.table(), (double) kept.toMillis()),
            row -> Columns.instant(row, "kept_from"))
        .orElseThrow();
  }

  /**
   * Events that have not started their tasks, or were not relayed, stay, and all that are younger.
   */
  static Instant settledUntil(Statements db, Instant keptFrom) {
    return db.first(
            OLDEST_WAITING,
            Tuple.tuple(),
            row -> Optional.ofNullable(Columns.instantOrNull(row, "occurred_at")))
        .flatMap(oldest -> oldest)
        .filter(oldest -> oldest.isBefore(keptFrom))
        .orElse(keptFrom);
  }

  static List<Expired> expired(Statements db, History history, Instant keptFrom) {
    return db.query(
        EXPIRED,
        Tuple.of(history.table(), history.unit(), Columns.argument(keptFrom)),
        row ->
            new Expired(
                Columns.text(row, "name"), row.getString("detach"), Columns.text(row, "remove")));
  }

  /** Outside of a transaction, as PostgreSQL asks: it waits for those who use the parent. */
  static void detach(Statements db, String statement) {
    db.execute(statement, Tuple.tuple());
  }

  static void remove(Statements tx, Expired table) {
    tx.query(LOCK_TIMEOUT, Tuple.tuple(), row -> row);
    tx.execute(table.remove(), Tuple.tuple());
  }

  /** Keeps what open runs did, or those that they go on with, before the given time. */
  static void keepCheckpoints(Statements db, Instant before) {
    ensureKeep(db, History.LOGS, before);
    db.execute(KEEP_CHECKPOINTS, Tuple.of(Columns.argument(before)));
  }

  /** Keeps what was canceled before the given time and would have run at it or after. */
  static void keepCanceled(Statements db, Instant before) {
    ensureKeep(db, History.RUNS, before);
    db.execute(KEEP_CANCELED, Tuple.of(Columns.argument(before)));
  }

  private static void ensureKeep(Statements db, History history, Instant at) {
    db.query(
        ENSURE_KEEP, Tuple.of(history.table(), history.unit(), Columns.argument(at)), row -> row);
  }

  /** Deletes some rows of a plain table; how many. */
  static int delete(Statements db, History history, Instant keptFrom, int limit) {
    return db.execute(
        history == History.SKIPS ? DELETE_SKIPS : DELETE_DEDUPE,
        Tuple.of(Columns.argument(keptFrom), limit));
  }
}

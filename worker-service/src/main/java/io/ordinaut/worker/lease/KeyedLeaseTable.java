package io.ordinaut.worker.lease;

import io.ordinaut.store.Columns;
import io.ordinaut.store.Db;
import io.ordinaut.store.Statements;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

/**
 * Leases due work that has a concurrency key: of each key, no more runs at once than its limit. Who
 * counts a key's runs holds the key's lock, and counts on a snapshot taken under it.
 */
public final class KeyedLeaseTable {
  /**
   * Locks keys under which something is due and fewer run than may. The walk goes from one key with
   * something due to the next (what is not due is passed within the index) and on where the last
   * one ended, so that many full keys don't hide others. Each order is that of the one index that
   * is meant: without it, what is chosen would depend on statistics.
   */
  private static final String LOCK_KEYS =
      """
      WITH RECURSIVE keys(key, number) AS (
        (SELECT concurrency_key, 1 FROM due_work_open
         WHERE status = 'pending' AND concurrency_key IS NOT NULL AND concurrency_key > $1
           AND coalesce(available_at, run_at) <= now()
         ORDER BY concurrency_key LIMIT 1)
        UNION ALL
        SELECT (
          SELECT w.concurrency_key FROM due_work_open w
          WHERE w.status = 'pending' AND w.concurrency_key IS NOT NULL
            AND w.concurrency_key > keys.key AND coalesce(w.available_at, w.run_at) <= now()
          ORDER BY w.concurrency_key LIMIT 1), keys.number + 1
        FROM keys
        WHERE keys.key IS NOT NULL AND keys.number < $2),
      counted AS MATERIALIZED (
        SELECT keys.key, (
            SELECT count(*) FROM due_work_open r
            WHERE r.status = 'running' AND r.concurrency_key = keys.key) AS running
        FROM keys
        WHERE keys.key IS NOT NULL),
      free AS MATERIALIZED (
        SELECT counted.key, room.id IS NOT NULL AS has_room
        FROM counted
        LEFT JOIN LATERAL (
          SELECT w.id FROM due_work_open w
          WHERE w.status = 'pending' AND w.concurrency_key = counted.key
            AND coalesce(w.concurrency_limit, 1) > counted.running
            AND coalesce(w.available_at, w.run_at) <= now()
          ORDER BY coalesce(w.concurrency_limit, 1), coalesce(w.available_at, w.run_at)
          LIMIT 1) room ON true)
      SELECT key,
        CASE WHEN has_room THEN pg_try_advisory_xact_lock(hashtextextended(key, 0))
          ELSE false END AS locked
      FROM free
      ORDER BY key""";

  /**
   * The heads of the locked keys, as many of each as there is room for; none under the brake. Rows
   * whose limit is reached don't stand before those whose limit is not.
   */
  private static final String TAKE =
      """
      WITH room AS MATERIALIZED (
        SELECT locked.key, (
            SELECT count(*) FROM due_work_open r
            WHERE r.status = 'running' AND r.concurrency_key = locked.key) AS running
        FROM unnest($1::text[]) AS locked(key)
        WHERE NOT EXISTS (
          SELECT FROM brake WHERE only_row AND pulled_at IS NOT NULL)),
      head AS MATERIALIZED (
        SELECT waiting.id
        FROM room
        CROSS JOIN LATERAL (
          SELECT next.*, row_number() OVER (ORDER BY next.priority, next.at) AS number
          FROM (
            SELECT id, priority, coalesce(available_at, run_at) AS at, concurrency_limit
            FROM due_work_open
            WHERE status = 'pending' AND concurrency_key = room.key
              AND coalesce(available_at, run_at) <= now()
              AND coalesce(concurrency_limit, 1) > room.running
            ORDER BY priority, coalesce(available_at, run_at)
            LIMIT $2
            FOR UPDATE SKIP LOCKED) next) waiting
        WHERE waiting.number + room.running <= coalesce(waiting.concurrency_limit, 1)
        LIMIT $2),
      leased AS (
        UPDATE due_work_open
        SET status = 'running', locked_by = $3, lease_token = $4,
          locked_until = now() + $5 * interval '1 millisecond',
          admitted_at = coalesce(admitted_at, clock_timestamp())
        WHERE id = ANY (ARRAY(SELECT id FROM head))
        RETURNING *)
      SELECT w.id, w.task_id, coalesce(w.payload #>> '{settings,title}', t.title, '') AS task_title, w.run_at, w.attempt,
        w.lost_leases, w.lease_token, w.started_at, w.deadline, w.cancel_requested, w.cause, w.concurrency_key,
        coalesce(w.root_id, w.id) AS root_id, w.agent_id, w.depth, w.phase, w.admitted_at,
        w.trigger_data::text AS trigger_data, work_payload(w.payload, t)::text AS payload,
        clock_timestamp() AS leased_at
      FROM leased w
      LEFT JOIN task t ON t.id = w.task_id""";

  /** Keys that one claim looks at. */
  private static final int KEYS = 200;

  private String lastKey = "";

  /**
   * Leases due work under keys that have room.
   *
   * @param workerId who holds it
   * @param token fences the holder's writes
   * @param limit the most rows
   * @param lease how long it lasts
   */
  public List<Lease> take(Db db, String workerId, UUID token, int limit, Duration lease) {
    return db.transaction(
        tx -> {
          List<String> keys = lockKeys(tx);
          return keys.isEmpty() ? List.<Lease>of() : take(tx, keys, workerId, token, limit, lease);
        });
  }

  /** Whether the last claim ended before the last key under which something is due. */
  public boolean isMidway() {
    return !lastKey.isEmpty();
  }

  private List<String> lockKeys(Statements tx) {
    List<Key> keys =
        tx.query(
            LOCK_KEYS,
            Tuple.of(lastKey, KEYS),
            row -> new Key(Columns.text(row, "key"), row.getBoolean("locked")));
    lastKey = keys.size() < KEYS ? "" : keys.get(keys.size() - 1).key();
    return keys.stream().filter(Key::locked).map(Key::key).toList();
  }

  private static List<Lease> take(
      Statements tx, List<String> keys, String workerId, UUID token, int limit, Duration lease) {
    return tx.query(
        TAKE,
        Tuple.tuple()
            .addArrayOfString(keys.toArray(String[]::new))
            .addInteger(limit)
            .addString(workerId)
            .addUUID(token)
            .addLong(lease.toMillis()),
        LeaseTable::lease);
  }

  private record Key(String key, boolean locked) {}
}

package io.ordinaut.worker.lease;

import io.ordinaut.store.Columns;
import io.ordinaut.store.Statements;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;

/** Statements that take and give back leases of {@code due_work}. */
public final class LeaseTable {
  /**
   * Leases that ran out, what was canceled while it waits under a key, since to end it needs no
   * room there, and runs that have begun and whose time is over, whatever holds them up; then the
   * head of each priority class, in the order of the classes given. The former are looked for only
   * when asked, since the index of leases holds every running row, and stand first, since a backlog
   * leaves no room behind it. What the asker still runs itself it does not take over: it would go
   * on twice there. One look-up per class stays fast behind any number of waiting retries. While
   * the brake is pulled there is nothing but what is to be ended in time. The last columns say when
   * more is due.
   */
  private static final String TAKE =
      """
      WITH brake_now AS MATERIALIZED (
        SELECT NOT EXISTS (
          SELECT FROM brake WHERE only_row AND pulled_at IS NOT NULL) AS released),
      head AS MATERIALIZED (
        SELECT due.id
        FROM unnest($1::smallint[]) AS class(priority)
        CROSS JOIN LATERAL (
          SELECT id FROM due_work_open
          WHERE status = 'pending' AND concurrency_key IS NULL AND priority = class.priority
            AND coalesce(available_at, run_at) <= now()
          ORDER BY coalesce(available_at, run_at)
          LIMIT $2
          FOR UPDATE SKIP LOCKED) due
        WHERE (SELECT released FROM brake_now)
        LIMIT $2),
      expired AS MATERIALIZED (
        SELECT id FROM due_work_open
        WHERE $6::boolean AND status = 'running' AND locked_until < now() AND id <> ALL ($7::uuid[])
          AND ((SELECT released FROM brake_now) OR phase = 'forward' AND deadline <= now())
        LIMIT $2
        FOR UPDATE SKIP LOCKED),
      canceled AS MATERIALIZED (
        SELECT id FROM due_work_open
        WHERE $6::boolean AND (SELECT released FROM brake_now)
          AND status = 'pending' AND cancel_requested AND phase = 'forward'
          AND concurrency_key IS NOT NULL
        LIMIT $2
        FOR UPDATE SKIP LOCKED),
      late AS MATERIALIZED (
        SELECT id FROM due_work_open
        WHERE $6::boolean AND status = 'pending' AND phase = 'forward' AND deadline <= now()
        LIMIT $2
        FOR UPDATE SKIP LOCKED),
      leased AS (
        UPDATE due_work_open w
        SET status = 'running', locked_by = $3, lease_token = $4,
          locked_until = now() + $5 * interval '1 millisecond',
          admitted_at = coalesce(w.admitted_at, clock_timestamp()),
          lost_leases = w.lost_leases + (w.status = 'running')::integer
        WHERE w.id = ANY (ARRAY(
          (SELECT id FROM expired
           UNION ALL SELECT id FROM canceled
           UNION ALL SELECT id FROM late WHERE id NOT IN (SELECT id FROM canceled)
           UNION ALL SELECT id FROM head WHERE id NOT IN (SELECT id FROM late))
          LIMIT $2))
        RETURNING w.*),
      upcoming AS (
        SELECT least(min(due.at), (
          SELECT coalesce(available_at, run_at) FROM due_work_open
          WHERE status = 'pending' AND concurrency_key >= ''
            AND coalesce(available_at, run_at) > now()
            AND coalesce(available_at, run_at) < now() + interval '1 second'
          ORDER BY coalesce(available_at, run_at)
          LIMIT 1)) AS at
        FROM generate_series(1, 9) AS class(priority)
        CROSS JOIN LATERAL (
          SELECT coalesce(available_at, run_at) AS at FROM due_work_open
          WHERE status = 'pending' AND concurrency_key IS NULL AND priority = class.priority
            AND coalesce(available_at, run_at) > now()
            AND coalesce(available_at, run_at) < now() + interval '1 second'
          ORDER BY coalesce(available_at, run_at)
          LIMIT 1) due)
      SELECT w.id, w.task_id, coalesce(w.payload #>> '{settings,title}', t.title, '') AS task_title, w.run_at, w.attempt,
        w.lost_leases, w.lease_token, w.started_at, w.deadline, w.cancel_requested, w.cause,
        w.concurrency_key, coalesce(w.root_id, w.id) AS root_id, w.agent_id, w.depth, w.phase,
        w.admitted_at, w.trigger_data::text AS trigger_data,
        work_payload(w.payload, t)::text AS payload,
        clock_timestamp() AS leased_at,
        extract(epoch FROM upcoming.at - clock_timestamp())::float8 AS until_next,
        (SELECT released FROM brake_now) AND (
          SELECT true FROM due_work_open
          WHERE status = 'pending' AND concurrency_key >= ''
            AND coalesce(available_at, run_at) <= now()
          ORDER BY coalesce(available_at, run_at)
          LIMIT 1) IS NOT NULL AS keyed_due
      FROM upcoming
      LEFT JOIN leased w ON true
      LEFT JOIN task t ON t.id = w.task_id
      ORDER BY w.priority, coalesce(w.available_at, w.run_at)""";

  /**
   * Gives back what was not finished; neither an attempt nor a lost lease is counted. When it first
   * started is kept: by that its next holder knows that there are checkpoints to look for.
   */
  private static final String HAND_BACK =
      """
      UPDATE due_work_open w
      SET status = 'pending', locked_by = NULL, locked_until = NULL, lease_token = NULL,
        started_at = coalesce(w.started_at, held.started_at)
      FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) AS held(id, token, started_at)
      WHERE w.id = held.id AND w.lease_token = held.token AND w.status = 'running'""";

  /** What is still held, and which of it somebody wants stopped. */
  private static final String WATCH =
      """
      SELECT w.id, w.cancel_requested
      FROM due_work_open w
      JOIN unnest($1::uuid[], $2::uuid[]) AS held(id, token)
        ON w.id = held.id AND w.lease_token = held.token
      WHERE w.status = 'running'""";

  /** The same, and the leases begin anew. Rows are locked in the order of ids, as everywhere. */
  private static final String RENEW =
      """
      WITH mine AS MATERIALIZED (
        SELECT w.id, held.started_at
        FROM due_work_open w
        JOIN unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) AS held(id, token, started_at)
          ON w.id = held.id AND w.lease_token = held.token
        WHERE w.status = 'running'
        ORDER BY w.id
        FOR UPDATE OF w)
      UPDATE due_work_open w
      SET locked_until = now() + $4 * interval '1 millisecond',
        started_at = coalesce(w.started_at, mine.started_at)
      FROM mine
      WHERE w.id = mine.id
      RETURNING w.id, w.cancel_requested""";

  /** Lets the leases of a worker's earlier processes run out now. */
  private static final String DISOWN =
      """
      UPDATE due_work_open
      SET locked_until = now() - interval '1 millisecond'
      WHERE status = 'running' AND starts_with(locked_by, $1)""";

  private static final Duration LONGEST_WAIT = Duration.ofSeconds(1);

  private LeaseTable() {}

  /**
   * Leases due work.
   *
   * @param workerId who holds it
   * @param token fences the holder's writes; a new one for every claim
   * @param classes the priorities in the order to look at them
   * @param limit the most rows
   * @param lease how long it lasts
   * @param expiredToo whether to take over leases that ran out
   * @param held what is still run under this name, and not to be taken over
   */
  public static Claim take(
      Statements db,
      String workerId,
      UUID token,
      Short[] classes,
      int limit,
      Duration lease,
      boolean expiredToo,
      UUID[] held) {
    List<Lease> leases = new ArrayList<>();
    List<Claim> ends =
        db.query(
            TAKE,
            Tuple.of(classes, limit, workerId, token, lease.toMillis(), expiredToo, held),
            row -> {
              if (row.getUUID("id") != null) {
                leases.add(lease(row));
              }
              return new Claim(List.of(), wait(row), row.getBoolean("keyed_due"));
            });
    return new Claim(List.copyOf(leases), ends.get(0).untilNext(), ends.get(0).keyedDue());
  }

  /** Its clock goes on from the answer: started earlier, it would run ahead of the database's. */
  static Lease lease(Row row) {
    return new Lease(
        Columns.id(row, "id"),
        row.getUUID("task_id"),
        Columns.text(row, "task_title"),
        Columns.instant(row, "run_at"),
        row.getInteger("attempt"),
        row.getInteger("lost_leases"),
        Columns.id(row, "lease_token"),
        Columns.text(row, "payload"),
        row.getString("trigger_data"),
        Columns.instantOrNull(row, "started_at"),
        Columns.instantOrNull(row, "deadline"),
        row.getBoolean("cancel_requested"),
        Columns.text(row, "cause"),
        row.getString("concurrency_key") != null,
        Columns.id(row, "root_id"),
        Columns.id(row, "agent_id"),
        row.getInteger("depth"),
        Columns.text(row, "phase").equals("rollback"),
        Columns.instant(row, "admitted_at"),
        Columns.instant(row, "leased_at"),
        System.nanoTime());
  }

  private static Duration wait(Row row) {
    Double seconds = row.getDouble("until_next");
    return seconds == null ? LONGEST_WAIT : Duration.ofNanos((long) (Math.max(0, seconds) * 1e9));
  }

  /** Asks about leases: those still held, each with whether it is to be stopped. */
  public static Map<UUID, Boolean> watch(Statements db, List<Lease> leases) {
    return held(db.query(WATCH, heldBy(leases), LeaseTable::holding));
  }

  /**
   * Renews leases, and answers as {@link #watch} does.
   *
   * @param startedAt when each first started, null where it has not
   */
  public static Map<UUID, Boolean> renew(
      Statements db, List<Lease> leases, OffsetDateTime[] startedAt, Duration lease) {
    return held(
        db.query(
            RENEW,
            heldBy(leases).addArrayOfOffsetDateTime(startedAt).addLong(lease.toMillis()),
            LeaseTable::holding));
  }

  private static Map.Entry<UUID, Boolean> holding(Row row) {
    return Map.entry(Columns.id(row, "id"), row.getBoolean("cancel_requested"));
  }

  private static Map<UUID, Boolean> held(List<Map.Entry<UUID, Boolean>> rows) {
    return rows.stream().collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  private static Tuple heldBy(Collection<Lease> leases) {
    return Tuple.tuple()
        .addArrayOfUUID(leases.stream().map(Lease::id).toArray(UUID[]::new))
        .addArrayOfUUID(leases.stream().map(Lease::token).toArray(UUID[]::new));
  }

  /** Frees what earlier processes of the name held; their ids begin with it. */
  public static int disown(Statements db, String idPrefix) {
    return db.execute(DISOWN, Tuple.of(idPrefix));
  }

  /**
   * Makes leases free again.
   *
   * @param startedAt when each first started, null where it has not
   */
  public static int handBack(Statements db, List<Lease> leases, OffsetDateTime[] startedAt) {
    return db.execute(HAND_BACK, heldBy(leases).addArrayOfOffsetDateTime(startedAt));
  }
}

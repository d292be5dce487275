package io.ordinaut.scheduler.event;

import io.ordinaut.store.Columns;
import io.ordinaut.store.Statements;
import io.ordinaut.work.Ids;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The statements of the dispatch: which events wait, who listens, what becomes of them. */
final class DispatchTable {
  /** One statement for two loops: an idle scheduler asks little. */
  private static final String BACKLOG =
      """
      SELECT h.position IS NOT NULL AND r.position IS NOT NULL AS whole,
        w.occurred_at IS NOT NULL AS undispatched,
        coalesce(r.position < h.position, false) AS unrelayed,
        extract(epoch FROM clock_timestamp() - least(w.occurred_at, u.occurred_at))::float8 AS age
      FROM (SELECT) one
      LEFT JOIN event_horizon h ON true
      LEFT JOIN event_relay r ON true
      LEFT JOIN LATERAL (
        SELECT occurred_at FROM event
        WHERE position IS NULL
        ORDER BY occurred_at, id
        LIMIT 1) w ON true
      LEFT JOIN LATERAL (
        SELECT occurred_at FROM event
        WHERE r.position < h.position AND position > r.position
        ORDER BY position
        LIMIT 1) u ON true""";

  /** Above all positions that are known to have been given. */
  private static final String RESTORE_HORIZON =
      """
      INSERT INTO event_horizon (position)
      SELECT greatest(0, (SELECT max(position) FROM event), (SELECT position FROM event_relay))
      ON CONFLICT DO NOTHING""";

  /** What the stream in Redis holds already is not written again. */
  private static final String RESTORE_RELAY =
      "INSERT INTO event_relay (position) VALUES (0) ON CONFLICT DO NOTHING";

  private static final String LOCK =
      "SELECT pg_try_advisory_xact_lock(hashtext('ordinaut_dispatch')) AS mine";

  /** Payloads stay where they are: up to 1 MiB each, and most are not asked for. */
  private static final String WAITING =
      """
      SELECT id, topic, occurred_at, depth FROM event
      WHERE position IS NULL
      ORDER BY occurred_at, id
      LIMIT $1""";

  private static final String WILDCARDS =
      """
      SELECT DISTINCT schedule_expr FROM task
      WHERE schedule_kind = 'event' AND status IN ('active', 'paused')
        AND (schedule_expr LIKE '%*%' OR schedule_expr LIKE '%#%')""";

  /**
   * Shares the lock by which commands settle who comes first: a task that is paused, edited or
   * canceled is seen as it is before that, and the command then finds the signals, or after it.
   */
  private static final String LISTENERS =
      """
      SELECT id, created_by, schedule_expr, payload ->> 'when' AS wish, status = 'paused' AS paused
      FROM task
      WHERE schedule_kind = 'event' AND status IN ('active', 'paused') AND schedule_expr = ANY ($1)
      ORDER BY id
      FOR SHARE""";

  /** The event as its runs see it, with the time written as the API writes it. */
  private static final String EVENTS =
      """
      SELECT e.id, jsonb_build_object('id', e.id, 'topic', e.topic, 'source', e.source,
        'payload', e.payload, 'occurred_at', w.at)::text AS event
      FROM unnest($1::uuid[], $2::timestamptz[], $3::text[]) AS w(id, occurred_at, at)
      JOIN event e ON e.id = w.id AND e.occurred_at = w.occurred_at""";

  /** The horizon's row is also what makes positions unique if the lock ever fails. */
  private static final String GIVE_POSITIONS =
      """
      WITH horizon AS (
        UPDATE event_horizon SET position = position + cardinality($1::uuid[])
        RETURNING position - cardinality($1::uuid[]) AS before)
      UPDATE event e
      SET position = h.before + w.n
      FROM horizon h,
        unnest($1::uuid[], $2::timestamptz[]) WITH ORDINALITY AS w(id, occurred_at, n)
      WHERE e.id = w.id AND e.occurred_at = w.occurred_at AND e.position IS NULL""";

  private static final String SIGNAL =
      """
      INSERT INTO signal (id, task_id, agent_id, cause, run_at, event, depth, traceparent)
      SELECT f.id, f.task_id, f.agent_id, 'event', e.occurred_at,
        jsonb_build_object('id', e.id, 'topic', e.topic, 'source', e.source,
          'payload', e.payload, 'occurred_at', f.at),
        e.depth + 1, e.traceparent
      FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::text[])
        AS f(id, task_id, agent_id, event_id, occurred_at, at)
      JOIN event e ON e.id = f.event_id AND e.occurred_at = f.occurred_at""";

  private static final String RECORD_PAUSED =
      """
      INSERT INTO skipped_firing (task_id, from_at, to_at, count, reason)
      SELECT task_id, at, at, 1, 'paused' FROM unnest($1::uuid[], $2::timestamptz[]) AS p(task_id, at)""";

  private DispatchTable() {}

  static Backlog backlog(Statements db) {
    return db.first(BACKLOG, Tuple.tuple(), DispatchTable::backlog).orElseThrow();
  }

  /** Puts back the rows that count events, which somebody has emptied. */
  static void restore(Statements db) {
    db.execute(RESTORE_HORIZON, Tuple.tuple());
    db.execute(RESTORE_RELAY, Tuple.tuple());
  }

  private static Backlog backlog(Row row) {
    Double age = row.getDouble("age");
    return new Backlog(
        row.getBoolean("whole"),
        row.getBoolean("undispatched"),
        row.getBoolean("unrelayed"),
        age == null ? 0 : Math.max(0, age));
  }

  /** Whether nobody else dispatches; held until the transaction ends. */
  static boolean lock(Statements tx) {
    return tx.first(LOCK, Tuple.tuple(), row -> row.getBoolean("mine")).orElse(false);
  }

  /** The oldest events that have no position. */
  static List<Event> waiting(Statements tx, int limit) {
    return tx.query(
        WAITING,
        Tuple.of(limit),
        row ->
            new Event(
                Columns.id(row, "id"),
                Columns.text(row, "topic"),
                Columns.instant(row, "occurred_at"),
                row.getInteger("depth")));
  }

  static List<String> wildcards(Statements tx) {
    return tx.query(WILDCARDS, Tuple.tuple(), row -> Columns.text(row, "schedule_expr"));
  }

  static List<Listener> listeners(Statements tx, Collection<String> patterns) {
    return tx.query(
        LISTENERS,
        Tuple.tuple().addArrayOfString(patterns.toArray(String[]::new)),
        row ->
            new Listener(
                Columns.id(row, "id"),
                Columns.id(row, "created_by"),
                Columns.text(row, "schedule_expr"),
                row.getString("wish"),
                row.getBoolean("paused")));
  }

  /** Events with their payloads, as text of JSON. */
  static Map<UUID, String> texts(Statements tx, List<Event> events) {
    Map<UUID, String> texts = new HashMap<>();
    tx.query(
        EVENTS,
        named(events).addArrayOfString(timeTexts(events)),
        row -> texts.put(Columns.id(row, "id"), Columns.text(row, "event")));
    return texts;
  }

  /** Gives events the next positions; how many of them had none. */
  static int givePositions(Statements tx, List<Event> events) {
    return tx.execute(GIVE_POSITIONS, named(events));
  }

  static void signal(Statements tx, List<Firing> firings) {
    List<Event> events = firings.stream().map(Firing::event).toList();
    tx.execute(
        SIGNAL,
        Tuple.tuple()
            .addArrayOfUUID(firings.stream().map(f -> Ids.next()).toArray(UUID[]::new))
            .addArrayOfUUID(taskIds(firings))
            .addArrayOfUUID(firings.stream().map(f -> f.listener().agentId()).toArray(UUID[]::new))
            .addArrayOfUUID(ids(events))
            .addArrayOfOffsetDateTime(times(events))
            .addArrayOfString(timeTexts(events)));
  }

  static void recordPaused(Statements tx, List<Firing> firings) {
    List<Event> events = firings.stream().map(Firing::event).toList();
    tx.execute(
        RECORD_PAUSED,
        Tuple.tuple().addArrayOfUUID(taskIds(firings)).addArrayOfOffsetDateTime(times(events)));
  }

  /** By identifier and time, so that each is looked for in its own partition only. */
  private static Tuple named(List<Event> events) {
    return Tuple.tuple().addArrayOfUUID(ids(events)).addArrayOfOffsetDateTime(times(events));
  }

  private static UUID[] taskIds(List<Firing> firings) {
    return firings.stream().map(f -> f.listener().taskId()).toArray(UUID[]::new);
  }

  private static UUID[] ids(List<Event> events) {
    return events.stream().map(Event::id).toArray(UUID[]::new);
  }

  private static OffsetDateTime[] times(List<Event> events) {
    return events.stream()
        .map(e -> Columns.argument(e.occurredAt()))
        .toArray(OffsetDateTime[]::new);
  }

  private static String[] timeTexts(List<Event> events) {
    return events.stream().map(e -> e.occurredAt().toString()).toArray(String[]::new);
  }
}

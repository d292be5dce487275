package io.ordinaut.scheduler.relay;

import io.ordinaut.store.Columns;
import io.ordinaut.store.Statements;
import io.ordinaut.stream.StreamEntry;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.Optional;

/** The statements of the relay: how far it came, and what comes next. */
final class RelayTable {
  /** Whoever holds the row relays. */
  private static final String TAKE =
      """
      SELECT r.position, h.position AS horizon
      FROM event_relay r CROSS JOIN event_horizon h
      FOR UPDATE OF r SKIP LOCKED""";

  private static final String REMEMBER = "UPDATE event_relay SET position = $1";

  /** As many as the given number of bytes holds, and at least one. */
  private static final String AFTER =
      """
      SELECT position, id, topic, source, payload, occurred_at, traceparent
      FROM (
        SELECT position, id, topic, source, payload, occurred_at, traceparent,
          sum(octet_length(payload)) OVER (ORDER BY position) - octet_length(payload) AS before
        FROM (
          SELECT position, id, topic, source, payload::text AS payload, occurred_at, traceparent
          FROM event
          WHERE position > $1
          ORDER BY position
          LIMIT $2) following) measured
      WHERE before < $3
      ORDER BY position""";

  private static final String IS_ANOTHER =
      "SELECT EXISTS (SELECT FROM event WHERE position = $1 AND id::text <> $2) AS another";

  /**
   * How far the relay came.
   *
   * @param position of the last event that was relayed
   * @param horizon the highest position that was given to an event
   */
  record Progress(long position, long horizon) {}

  private RelayTable() {}

  /** Takes the relay until the transaction ends; empty while another one has it. */
  static Optional<Progress> take(Statements tx) {
    return tx.first(
        TAKE, Tuple.tuple(), row -> new Progress(row.getLong("position"), row.getLong("horizon")));
  }

  static void remember(Statements tx, long position) {
    tx.execute(REMEMBER, Tuple.of(position));
  }

  /** The events behind a position, oldest first. */
  static List<StreamEntry> after(Statements tx, long position, int limit, long bytes) {
    return tx.query(AFTER, Tuple.of(position, limit, bytes), RelayTable::entry);
  }

  private static StreamEntry entry(Row row) {
    return new StreamEntry(
        row.getLong("position"),
        Columns.id(row, "id"),
        Columns.text(row, "topic"),
        row.getString("source"),
        Columns.text(row, "payload"),
        Columns.instant(row, "occurred_at"),
        row.getString("traceparent"));
  }

  /** Whether the position was given to an event of another id. */
  static boolean isAnother(Statements tx, long position, String eventId) {
    return tx.first(IS_ANOTHER, Tuple.of(position, eventId), row -> row.getBoolean("another"))
        .orElse(false);
  }
}

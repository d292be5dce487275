package io.ordinaut.store;

import io.vertx.sqlclient.Tuple;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The statement by which an event is stored once per key, whoever publishes it. */
public final class PublicationTable {
  /**
   * The row of the key is locked and answers in any case, so of two events at once one is the
   * first; a row that is too old is taken over.
   */
  private static final String PUBLISH_ONCE =
      """
      WITH first AS (
        INSERT INTO event_dedupe AS d (agent_id, dedupe_id, event_id)
        VALUES ($4, $7, $1)
        ON CONFLICT (agent_id, dedupe_id) DO UPDATE
        SET event_id = CASE WHEN d.created_at > now() - interval '7 days'
              THEN d.event_id ELSE excluded.event_id END,
          created_at = CASE WHEN d.created_at > now() - interval '7 days'
              THEN d.created_at ELSE excluded.created_at END
        RETURNING event_id),
      stored AS (
        INSERT INTO event (id, topic, source, agent_id, payload, depth)
        SELECT event_id, $2, $3, $4, $5::text::jsonb, $6 FROM first WHERE event_id = $1)
      SELECT event_id FROM first""";

  private PublicationTable() {}

  /**
   * An event that is to be published.
   *
   * @param id of its own
   * @param topic that tasks listen to
   * @param source who says so; null if it does not matter
   * @param agentId who publishes it
   * @param payload as JSON text
   * @param depth how many runs and events led to it
   */
  public record Publication(
      UUID id, String topic, @Nullable String source, UUID agentId, String payload, int depth) {}

  /**
   * Stores an event, unless its agent has used the key within seven days.
   *
   * @return the event that counts: this one, or the first one
   */
  public static UUID publishOnce(Statements db, Publication event, String key) {
    Tuple values =
        Tuple.tuple()
            .addUUID(event.id())
            .addString(event.topic())
            .addString(event.source())
            .addUUID(event.agentId())
            .addString(event.payload())
            .addInteger(event.depth())
            .addString(key);
    return Partitions.madeIfMissing(
        db, () -> db.first(PUBLISH_ONCE, values, row -> Columns.id(row, "event_id")).orElseThrow());
  }
}

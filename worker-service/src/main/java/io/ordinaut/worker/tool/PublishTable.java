package io.ordinaut.worker.tool;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.json.Json;
import io.ordinaut.store.Columns;
import io.ordinaut.store.Partitions;
import io.ordinaut.store.Statements;
import io.vertx.sqlclient.Tuple;
import java.util.UUID;

/** The statement by which runs publish events. */
final class PublishTable {
  /** Behind it stands the key of a call; users of the API choose their dedupe ids themselves. */
  private static final String PREFIX = "run:";

  /**
   * The row of the key is locked and answers in any case, so of two tries at once one is the first;
   * a row that is too old is taken over.
   */
  private static final String PUBLISH =
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
      SELECT event_id FROM first\
      """;

  private PublishTable() {}

  /**
   * Stores an event as deep as the run (a run is one deeper than the event that starts it), unless
   * the call did so before.
   *
   * @return the event that counts: this one, or the first one
   */
  static UUID publish(Statements db, UUID id, ToolCall call) {
    JsonNode event = call.secrets().mask(call.input());
    JsonNode payload = event.path("payload");
    Tuple values =
        Tuple.tuple()
            .addUUID(id)
            .addString(event.path("topic").asText())
            .addString(event.path("source").asText(null))
            .addUUID(call.agentId())
            .addString(payload.isObject() ? Json.write(payload) : "{}")
            .addInteger(call.depth())
            .addString(PREFIX + call.idempotencyKey());
    return Partitions.madeIfMissing(
        db, () -> db.first(PUBLISH, values, row -> Columns.id(row, "event_id")).orElseThrow());
  }
}

package io.ordinaut.api.event;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.api.http.Page;
import io.ordinaut.json.Json;
import io.ordinaut.store.Columns;
import io.ordinaut.store.Db;
import io.ordinaut.store.Partitions;
import io.ordinaut.store.PublicationTable;
import io.ordinaut.store.PublicationTable.Publication;
import io.ordinaut.work.Ids;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Statements on {@code event}. */
@ApplicationScoped
public class EventTable {
  private static final Duration CLOCK_SLACK = Duration.ofHours(1);
  private static final int LARGE_PAYLOAD = 65_536;

  private static final String INSERT =
      """
      INSERT INTO event (id, topic, source, agent_id, payload)
      VALUES ($1, $2, $3, $4, $5::text::jsonb)""";

  private static final String LIST =
      """
      SELECT id, topic, source, occurred_at, position, depth,
        CASE WHEN length(payload::text) <= $8 THEN payload::text END AS payload
      FROM event
      WHERE occurred_at <= coalesce($1::timestamptz, 'infinity')
        AND ($1::timestamptz IS NULL OR (occurred_at, id) < ($1, $2::uuid))
        AND ($3::text IS NULL OR topic ~ $3)
        AND ($4::text IS NULL OR source = $4)
        AND occurred_at > coalesce($5::timestamptz, '-infinity')
        AND occurred_at < coalesce($6::timestamptz, 'infinity')
      ORDER BY occurred_at DESC, id DESC
      LIMIT $7""";

  private static final String BY_ID =
      """
      SELECT id, topic, source, occurred_at, position, depth, payload::text AS payload
      FROM event WHERE id = $1 AND occurred_at >= $2""";

  private static final String TOPICS =
      """
      SELECT schedule_expr AS topic, count(*) AS listeners
      FROM task
      WHERE schedule_kind = 'event' AND status IN ('active', 'paused')
      GROUP BY schedule_expr
      ORDER BY listeners DESC, topic
      LIMIT 1000""";

  private final Db db;

  @Inject
  EventTable(Db db) {
    this.db = db;
  }

  /**
   * Stores an event, unless its dedupe id was used within seven days.
   *
   * @return the event that counts: this one, or the first one
   */
  UUID insert(UUID id, UUID agentId, EventDraft draft) {
    String payload = Json.write(draft.payload());
    if (draft.dedupeId() == null) {
      Tuple values = Tuple.of(id, draft.topic(), draft.source(), agentId, payload);
      Partitions.madeIfMissing(db, () -> db.execute(INSERT, values));
      return id;
    }
    return PublicationTable.publishOnce(
        db,
        new Publication(id, draft.topic(), draft.source(), agentId, payload, 0),
        draft.dedupeId());
  }

  /** Events that match, newest first; a payload of more than 64 KiB is left out. */
  List<ObjectNode> list(EventFilter filter, Page page) {
    Tuple arguments =
        Tuple.tuple()
            .addOffsetDateTime(Columns.argument(page.before()))
            .addUUID(page.beforeId())
            .addString(filter.topic())
            .addString(filter.source())
            .addOffsetDateTime(Columns.argument(filter.occurredAfter()))
            .addOffsetDateTime(Columns.argument(filter.occurredBefore()))
            .addInteger(page.rows())
            .addInteger(LARGE_PAYLOAD);
    return db.query(LIST, arguments, EventTable::node);
  }

  /** The event of the given id. */
  Optional<ObjectNode> byId(UUID id) {
    Instant made = Ids.momentOf(id);
    Instant notBefore = made == null ? Instant.EPOCH : made.minus(CLOCK_SLACK);
    return db.first(BY_ID, Tuple.of(id, Columns.argument(notBefore)), EventTable::node);
  }

  /** What tasks listen to, the most wanted first. */
  List<ObjectNode> topics() {
    return db.query(
        TOPICS,
        Tuple.tuple(),
        row ->
            Json.object()
                .put("topic", Columns.text(row, "topic"))
                .put("listeners", row.getLong("listeners")));
  }

  private static ObjectNode node(Row row) {
    ObjectNode event = Json.object();
    event.put("id", Columns.id(row, "id").toString());
    event.put("topic", Columns.text(row, "topic"));
    event.put("source", row.getString("source"));
    event.set("payload", Columns.jsonOrNull(row, "payload"));
    event.put("occurred_at", Columns.instant(row, "occurred_at").toString());
    event.put("position", row.getLong("position"));
    event.put("depth", row.getInteger("depth"));
    return event;
  }
}

package io.ordinaut.worker.tool;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.json.Json;
import io.ordinaut.store.Db;
import io.ordinaut.store.DbException;
import io.ordinaut.store.PublicationTable;
import io.ordinaut.store.PublicationTable.Publication;
import io.ordinaut.stream.NudgeStream;
import io.ordinaut.work.Ids;
import java.util.UUID;

/** {@code event.publish}: an event for the tasks that listen, once per idempotency key. */
final class PublishTool implements Tool {
  /** Behind it stands the key of a call; users of the API choose their dedupe ids themselves. */
  private static final String PREFIX = "run:";

  private final Db db;
  private final NudgeStream nudges;

  PublishTool(Db db, NudgeStream nudges) {
    this.db = db;
    this.nudges = nudges;
  }

  @Override
  public JsonNode call(ToolCall call) throws InterruptedException {
    if (!call.secrets().mask(call.input().path("topic")).equals(call.input().path("topic"))) {
      throw new ToolException(ErrorCode.SCHEMA_ERROR, "topic must not hold a secret: all see it.");
    }
    UUID id = Ids.next();
    UUID counted = publish(id, call);
    nudges.send(NudgeStream.SCHEDULE);
    return Json.object().put("event_id", counted.toString()).put("duplicate", !counted.equals(id));
  }

  private UUID publish(UUID id, ToolCall call) throws InterruptedException {
    try {
      return PublicationTable.publishOnce(db, event(id, call), PREFIX + call.idempotencyKey());
    } catch (DbException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      throw new ToolException(
          ErrorCode.TOOL_ERROR,
          "The event could not be stored: " + call.secrets().mask(String.valueOf(e.getMessage())));
    }
  }

  /** As deep as the run: a run is one deeper than the event that starts it. */
  private static Publication event(UUID id, ToolCall call) {
    JsonNode event = call.secrets().mask(call.input());
    JsonNode payload = event.path("payload");
    return new Publication(
        id,
        event.path("topic").asText(),
        event.path("source").asText(null),
        call.agentId(),
        payload.isObject() ? Json.write(payload) : "{}",
        call.depth());
  }
}

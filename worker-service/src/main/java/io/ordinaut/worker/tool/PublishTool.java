package io.ordinaut.worker.tool;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.json.Json;
import io.ordinaut.store.Db;
import io.ordinaut.store.DbException;
import io.ordinaut.stream.NudgeStream;
import io.ordinaut.work.Ids;
import java.util.UUID;

/** {@code event.publish}: an event for the tasks that listen, once per idempotency key. */
final class PublishTool implements Tool {
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
      return PublishTable.publish(db, id, call);
    } catch (DbException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      throw new ToolException(
          ErrorCode.TOOL_ERROR,
          "The event could not be stored: " + call.secrets().mask(String.valueOf(e.getMessage())));
    }
  }
}

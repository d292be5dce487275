package io.ordinaut.tests.utils;

import io.ordinaut.scheduler.event.Dispatch;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.UUID;

/** Tasks that listen, and events written by hand for them to hear. */
public final class Events {
  private final Harness db;

  /** In the database of a test. */
  public Events(Harness db) {
    this.db = db;
  }

  /** A task that echoes each event whose topic matches. */
  public UUID listener(String pattern) {
    return listener(pattern, null);
  }

  /** A task that echoes each event whose topic matches and that it chooses. */
  public UUID listener(String pattern, String when) {
    UUID id = UUID.randomUUID();
    JsonObject step =
        new JsonObject()
            .put("id", "echo")
            .put("uses", "echo-tool")
            .put("with", new JsonObject().put("event", "${event}"))
            .put("save_as", "echo");
    JsonObject payload = new JsonObject().put("pipeline", new JsonArray().add(step));
    if (when != null) {
      payload.put("when", when);
    }
    db.execute(
        "INSERT INTO task (id, title, schedule_kind, schedule_expr, payload)"
            + " VALUES ($1, 'listens', 'event', $2, $3)",
        id,
        pattern,
        payload);
    return id;
  }

  /** An event that says nothing but its topic. */
  public UUID publish(String topic) {
    return publish(topic, new JsonObject());
  }

  /** An event that waits to be dispatched. */
  public UUID publish(String topic, JsonObject payload) {
    UUID id = UUID.randomUUID();
    db.execute(
        "INSERT INTO event (id, topic, source, payload) VALUES ($1, $2, 'test', $3)",
        id,
        topic,
        payload);
    return id;
  }

  /** Dispatches until nothing waits. */
  public void dispatchAll() {
    Dispatch dispatch = db.dispatch();
    while (dispatch.once() > 0) {
      if (Thread.interrupted()) {
        throw new AssertionError("The events do not end.");
      }
    }
  }

  /** How many events wait to be dispatched. */
  public long undispatched() {
    return db.count("SELECT count(*) FROM event WHERE position IS NULL");
  }

  /** The events for which a task has signals, oldest first. */
  public List<UUID> heardBy(UUID task) {
    return db
        .query(
            "SELECT event ->> 'id' AS event_id FROM signal WHERE task_id = $1 ORDER BY run_at, id",
            task)
        .stream()
        .map(row -> UUID.fromString(row.getString("event_id")))
        .toList();
  }
}

package io.ordinaut.tests.utils;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.UUID;

/** Rows written by hand, with the columns that the first users of the tables wrote. */
public final class Fixtures {
  private Fixtures() {}

  /** A one-time task that echoes. */
  public static UUID createTestTask(Harness db, String title, long dueInMillis) {
    JsonObject step =
        new JsonObject()
            .put("id", "test")
            .put("uses", "echo-tool")
            .put("with", new JsonObject().put("message", "test"));
    return createTask(db, title, dueInMillis, new JsonArray().add(step));
  }

  /** A one-time task with the given pipeline. */
  public static UUID createTask(Harness db, String title, long dueInMillis, JsonArray pipeline) {
    UUID id = UUID.randomUUID();
    OffsetDateTime now = OffsetDateTime.now(ZoneOffset.UTC);
    OffsetDateTime due = now.plusNanos(dueInMillis * 1_000_000);
    db.execute(
        """
        INSERT INTO task (id, title, description, schedule_kind, schedule_expr,
                         timezone, status, created_at, next_run, payload)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)""",
        id,
        title,
        "Test description",
        "once",
        due.toString(),
        "UTC",
        "active",
        now,
        due,
        new JsonObject().put("pipeline", pipeline));
    return id;
  }

  /** Work that does nothing, due now or in five minutes. */
  public static UUID createWorkItem(Harness db, UUID taskId, boolean dueNow) {
    UUID id = UUID.randomUUID();
    OffsetDateTime now = OffsetDateTime.now(ZoneOffset.UTC);
    db.execute(
        """
        INSERT INTO due_work (id, task_id, run_at, priority, status, payload)
        VALUES ($1, $2, $3, $4, $5, $6)""",
        id,
        taskId,
        dueNow ? now : now.plusMinutes(5),
        5,
        "pending",
        new JsonObject().put("pipeline", new JsonArray()));
    return id;
  }
}

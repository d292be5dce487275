package io.ordinaut.api.task;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.json.Json;
import io.ordinaut.task.Task;
import io.ordinaut.task.TaskDraft;
import jakarta.ws.rs.core.EntityTag;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A task as callers see it. */
final class TaskJson {
  private TaskJson() {}

  static String write(Task task) {
    return Json.write(node(task));
  }

  /** The entity tag: it changes with every edit by a user, and with nothing else. */
  static EntityTag tag(Task task) {
    return new EntityTag(Integer.toString(task.version()));
  }

  static String etag(Task task) {
    return "\"" + task.version() + "\"";
  }

  static ObjectNode node(Task task) {
    ObjectNode json = Json.object();
    json.put("id", task.id().toString());
    TaskDraft.write(task.spec(), json);
    json.put("status", task.status().stored());
    json.put("status_reason", task.statusReason());
    json.put("next_run", text(task.nextRun()));
    json.put("last_run", text(task.lastRun()));
    json.put("runs_started", task.runsStarted());
    json.put("created_by", task.createdBy().toString());
    json.put("version", task.version());
    json.put("created_at", text(task.createdAt()));
    json.put("updated_at", text(task.updatedAt()));
    return json;
  }

  private static @Nullable String text(@Nullable Instant instant) {
    return instant == null ? null : instant.toString();
  }
}

package io.ordinaut.store;

import io.ordinaut.json.Json;
import io.ordinaut.retry.Backoff;
import io.ordinaut.retry.BackoffStrategy;
import io.ordinaut.schedule.CatchUp;
import io.ordinaut.schedule.DstGap;
import io.ordinaut.schedule.DstOverlap;
import io.ordinaut.schedule.DstPolicy;
import io.ordinaut.schedule.FiringPolicy;
import io.ordinaut.schedule.Overlap;
import io.ordinaut.schedule.ScheduleKind;
import io.ordinaut.task.RunLimits;
import io.ordinaut.task.Task;
import io.ordinaut.task.TaskSpec;
import io.ordinaut.task.TaskStatus;
import io.ordinaut.task.Timing;
import io.vertx.sqlclient.Row;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;

/** Reads rows of {@code task}. */
public final class TaskRows {
  private TaskRows() {}

  /** Reads a row of the view {@code task_row}. */
  public static Task task(Row row) {
    return new Task(
        Columns.id(row, "id"),
        Columns.id(row, "created_by"),
        spec(row),
        Columns.instant(row, "schedule_anchor"),
        TaskStatus.of(Columns.text(row, "status")),
        row.getString("status_reason"),
        Columns.instantOrNull(row, "next_run"),
        Columns.instantOrNull(row, "last_emitted"),
        Columns.instantOrNull(row, "last_run"),
        row.getLong("runs_started"),
        row.getInteger("version"),
        Columns.instant(row, "created_at"),
        Columns.instant(row, "updated_at"));
  }

  private static TaskSpec spec(Row row) {
    return new TaskSpec(
        Columns.text(row, "title"),
        Columns.text(row, "description"),
        ScheduleKind.of(Columns.text(row, "schedule_kind")),
        Columns.text(row, "schedule_expr"),
        ZoneId.of(Columns.text(row, "timezone")),
        dst(row),
        firing(row),
        Json.read(Columns.text(row, "payload")),
        row.getInteger("priority"),
        row.getInteger("max_retries"),
        new Backoff(
            BackoffStrategy.of(Columns.text(row, "backoff_strategy")),
            row.getDouble("backoff_base_seconds"),
            row.getDouble("backoff_max_seconds")),
        limits(row),
        labels(row));
  }

  private static RunLimits limits(Row row) {
    Integer timeout = row.getInteger("timeout_seconds");
    return new RunLimits(
        row.getString("concurrency_key"),
        row.getInteger("concurrency_limit"),
        timeout == null ? null : Duration.ofSeconds(timeout));
  }

  /** Reads whether and when occurrences fire, from a row of the view {@code task_row}. */
  public static FiringPolicy firing(Row row) {
    return new FiringPolicy(
        Overlap.valueOf(upper(row, "overlap")),
        CatchUp.valueOf(upper(row, "catch_up")),
        Duration.ofSeconds(row.getInteger("catch_up_window_seconds")),
        Duration.ofSeconds(row.getInteger("jitter_seconds")),
        Columns.instantOrNull(row, "starts_at"),
        Columns.instantOrNull(row, "ends_at"),
        row.getLong("max_runs"));
  }

  /** Reads what decides when a task occurs: of a condition, the row must have its payload. */
  public static Timing timing(Row row) {
    ScheduleKind kind = ScheduleKind.of(Columns.text(row, "schedule_kind"));
    return new Timing(
        kind,
        Columns.text(row, "schedule_expr"),
        ZoneId.of(Columns.text(row, "timezone")),
        dst(row),
        Columns.instant(row, "schedule_anchor"),
        kind == ScheduleKind.CONDITION ? Json.read(Columns.text(row, "payload")) : null);
  }

  private static DstPolicy dst(Row row) {
    return new DstPolicy(
        DstGap.valueOf(upper(row, "dst_gap")), DstOverlap.valueOf(upper(row, "dst_overlap")));
  }

  private static SortedMap<String, String> labels(Row row) {
    SortedMap<String, String> labels = new TreeMap<>();
    Json.read(Columns.text(row, "labels"))
        .fields()
        .forEachRemaining(label -> labels.put(label.getKey(), label.getValue().asText()));
    return labels;
  }

  private static String upper(Row row, String column) {
    return Columns.text(row, column).toUpperCase(Locale.ROOT);
  }
}

package io.ordinaut.api.task;

import io.ordinaut.api.http.Query;
import io.ordinaut.schedule.ScheduleKind;
import io.ordinaut.task.TaskStatus;
import java.time.Instant;
import java.util.SortedMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Which tasks a list shows; null and empty mean all. */
record TaskFilter(
    @Nullable String status,
    @Nullable String scheduleKind,
    @Nullable UUID createdBy,
    @Nullable String concurrencyKey,
    @Nullable String titlePart,
    @Nullable Instant nextRunBefore,
    @Nullable Instant nextRunAfter,
    SortedMap<String, String> labels) {
  static TaskFilter of(Query query) {
    return new TaskFilter(
        query.choice("status", TaskStatus.class),
        query.choice("schedule_kind", ScheduleKind.class),
        query.id("created_by"),
        query.text("concurrency_key"),
        query.text("q"),
        query.instant("next_run_before"),
        query.instant("next_run_after"),
        query.keyed("label"));
  }
}

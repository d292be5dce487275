package io.ordinaut.api.run;

import io.ordinaut.api.http.Query;
import java.time.Instant;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Which runs a list shows; null means all that have started. */
public record RunFilter(
    @Nullable UUID taskId,
    @Nullable String status,
    @Nullable String workerId,
    @Nullable Instant startedAfter,
    @Nullable Instant startedBefore,
    @Nullable String errorCode) {
  /** What a run can be. */
  enum Status {
    PENDING,
    RUNNING,
    SUCCESS,
    FAILED,
    CANCELED,
    TIMED_OUT
  }

  /** Of all tasks. */
  static RunFilter of(Query query) {
    return of(query, query.id("task_id"));
  }

  /** Of one task. */
  public static RunFilter ofTask(Query query, UUID taskId) {
    return of(query, taskId);
  }

  private static RunFilter of(Query query, @Nullable UUID taskId) {
    return new RunFilter(
        taskId,
        query.choice("status", Status.class),
        query.text("worker_id"),
        query.instant("started_after"),
        query.instant("started_before"),
        query.text("error_code"));
  }

  boolean wants(Status one) {
    return status == null
        ? one != Status.PENDING
        : status.equals(one.name().toLowerCase(Locale.ROOT));
  }
}

package io.ordinaut.api.run;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.JsonFields;
import java.time.Instant;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which runs are to be tried again, and how; null means any.
 *
 * @param taskId of the task
 * @param errorCode with which they failed
 * @param status as which they ended; null for failed and timed out
 * @param finishedAfter they ended
 * @param finishedBefore they ended
 * @param limit the most of them
 * @param dryRun whether only to say which
 * @param mode how each is tried again
 */
public record RedriveRequest(
    @Nullable UUID taskId,
    @Nullable String errorCode,
    @Nullable String status,
    @Nullable Instant finishedAfter,
    @Nullable Instant finishedBefore,
    int limit,
    boolean dryRun,
    RetryMode mode) {
  private static final int MOST = 1_000;
  private static final int USUAL = 100;

  /** As which runs ended that did not succeed. */
  enum Status {
    FAILED,
    TIMED_OUT,
    CANCELED
  }

  /**
   * Reads and checks the body.
   *
   * @throws io.ordinaut.failure.InvalidInputException with all that is wrong
   */
  static RedriveRequest parse(JsonNode body) {
    Violations violations = new Violations();
    JsonFields fields = new JsonFields(body, "", violations);
    Status status = fields.choice("status", Status.class);
    RedriveRequest request =
        new RedriveRequest(
            taskId(fields),
            fields.text("error_code", 100),
            status == null ? null : status.name().toLowerCase(Locale.ROOT),
            fields.instant("finished_after"),
            fields.instant("finished_before"),
            fields.integer("limit", USUAL, 1, MOST),
            fields.bool("dry_run", false),
            RetryMode.read(fields));
    fields.refuseUnknown();
    violations.throwIfAny();
    return request;
  }

  private static @Nullable UUID taskId(JsonFields fields) {
    String text = fields.text("task_id", 36);
    try {
      return text == null ? null : UUID.fromString(text);
    } catch (IllegalArgumentException e) {
      fields.fault("task_id", "must be a UUID.");
      return null;
    }
  }
}

package io.ordinaut.task;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.json.JsonFields;
import io.ordinaut.schedule.Overlap;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads, checks and writes the fields that bound the runs of a task. */
final class LimitFields {
  private static final int LONGEST_KEY = 200;
  private static final int HIGHEST_LIMIT = 10_000;

  /** As long as the longest delay of a step, since a run's time goes on while it waits. */
  private static final int LONGEST_RUN = 366 * 86_400;

  /** The keys that tasks have of their own, so that their runs wait for each other. */
  private static final String OWN = "task:";

  private LimitFields() {}

  static RunLimits read(JsonFields fields, Overlap overlap) {
    String key = fields.text("concurrency_key", LONGEST_KEY);
    Long limit = fields.integer("concurrency_limit", 1, (long) HIGHEST_LIMIT);
    Long timeout = fields.integer("timeout_seconds", 1, (long) LONGEST_RUN);
    if (key != null) {
      checkKey(fields, key, overlap);
    } else if (limit != null) {
      fields.fault("concurrency_limit", "needs a concurrency_key; without one, leave it out.");
    }
    return new RunLimits(
        key,
        key == null ? null : limit == null ? 1 : limit.intValue(),
        timeout == null ? null : Duration.ofSeconds(timeout));
  }

  private static void checkKey(JsonFields fields, String key, Overlap overlap) {
    if (key.isEmpty()) {
      fields.fault("concurrency_key", "must not be empty.");
    }
    if (key.startsWith(OWN)) {
      fields.fault("concurrency_key", "must not begin with task:, which is kept for overlap.");
    }
    if (overlap == Overlap.BUFFER_ONE || overlap == Overlap.CANCEL_RUNNING) {
      fields.fault(
          "concurrency_key",
          "can't be together with overlap "
              + overlap.name().toLowerCase(Locale.ROOT)
              + ", by which the task's runs have a key of their own.");
    }
  }

  static void write(RunLimits limits, ObjectNode into) {
    into.put("concurrency_key", limits.concurrencyKey());
    into.put("concurrency_limit", limits.concurrencyLimit());
    into.put("timeout_seconds", seconds(limits.timeout()));
  }

  private static @Nullable Long seconds(@Nullable Duration duration) {
    return duration == null ? null : duration.toSeconds();
  }
}

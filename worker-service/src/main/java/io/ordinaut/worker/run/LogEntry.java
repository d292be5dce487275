package io.ordinaut.worker.run;

import io.ordinaut.failure.ErrorCode;
import io.ordinaut.json.Json;
import io.ordinaut.pipeline.StepOutcome;
import io.ordinaut.worker.step.StepTry;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A try of a step on its way to {@code run_log}.
 *
 * @param cut whether it failed because its run was ended, which says nothing of the step
 */
record LogEntry(UUID runId, @Nullable UUID taskId, Kind kind, StepTry step, boolean cut) {
  /** What was tried. */
  enum Kind {
    /** A step of the pipeline. */
    STEP,
    /** What undoes a step of the pipeline. */
    COMPENSATE,
    /** The call that looks at a condition. */
    PROBE;

    static Kind of(String stored) {
      return valueOf(stored.toUpperCase(Locale.ROOT));
    }

    String stored() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  String status() {
    StepOutcome outcome = step.outcome();
    if (outcome instanceof StepOutcome.Succeeded) {
      return "success";
    }
    if (outcome instanceof StepOutcome.Skipped) {
      return "skipped";
    }
    if (!cut) {
      return "failed";
    }
    return ErrorCode.TIMEOUT.code().equals(errorCode()) ? "timed_out" : "canceled";
  }

  @Nullable String input() {
    return step.input() == null ? null : Json.write(step.input());
  }

  @Nullable String output() {
    return step.outcome() instanceof StepOutcome.Succeeded done ? Json.write(done.output()) : null;
  }

  @Nullable String errorCode() {
    return step.outcome() instanceof StepOutcome.Failed failed ? failed.code().code() : null;
  }

  @Nullable String error() {
    return step.outcome() instanceof StepOutcome.Failed failed
        ? failed.message().replace('\0', '\uFFFD')
        : null;
  }
}

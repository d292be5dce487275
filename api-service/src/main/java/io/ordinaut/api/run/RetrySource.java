package io.ordinaut.api.run;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A run that has ended, as far as it matters to who wants it tried again.
 *
 * @param id of the run
 * @param rootId the run whose keys its calls carried
 * @param status how it ended
 * @param hasTask whether its task is there
 * @param kept whether its payload is
 * @param startKnown whether what it was started with is, an event or params, or there was none
 * @param openId a run that goes on with it or one under its keys, or repeats it, and has not ended
 * @param succeededId a run under the same keys that succeeded
 * @param undone whether anything that was done under these keys has been compensated
 * @param neverBegan whether it was a look at a condition that failed
 */
record RetrySource(
    UUID id,
    UUID rootId,
    String status,
    boolean hasTask,
    boolean kept,
    boolean startKnown,
    @Nullable UUID openId,
    @Nullable UUID succeededId,
    boolean undone,
    boolean neverBegan) {
  boolean takesCurrent(RetryMode mode) {
    return mode.payload() == RetryMode.Payload.CURRENT || (mode.payload() == null && hasTask);
  }

  /** Why it can't be tried again so; null when it can. */
  @Nullable String refusal(RetryMode mode) {
    if (openId != null) {
      return "Run " + openId + " tries it again and has not ended.";
    }
    String fromFailed = mode.fromStart() ? null : refusalFromFailedStep();
    if (fromFailed != null) {
      return fromFailed;
    }
    if (takesCurrent(mode)) {
      return refusalWithCurrent();
    }
    if (!kept) {
      return "The run's payload is gone: it is kept for 7 days, and not of a run that succeeded."
          + " {\"from\": \"start\", \"payload\": \"current\"} runs what its task says now.";
    }
    return null;
  }

  private @Nullable String refusalWithCurrent() {
    if (!hasTask) {
      return "The run has no task whose payload could run; ask for the original.";
    }
    return startKnown
        ? null
        : "What the run was started with, an event or params, is gone: it is kept for 7 days."
            + " Run its task now, with the params that it needs.";
  }

  private @Nullable String refusalFromFailedStep() {
    String instead = " {\"from\": \"start\"} begins anew, under keys of its own.";
    if (status.equals("success")) {
      return "The run succeeded: no step is left to go on with." + instead;
    }
    if (succeededId != null) {
      return "Run " + succeededId + " went on with it and succeeded." + instead;
    }
    if (undone) {
      return "What the run did has been compensated: there is nothing to go on with." + instead;
    }
    if (neverBegan) {
      return "The look at the condition failed, so no step was due; the next look comes on its"
          + " cadence."
          + instead;
    }
    return null;
  }
}

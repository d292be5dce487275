package io.ordinaut.api.run;

import io.ordinaut.json.JsonFields;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How a run is tried again.
 *
 * @param fromStart whether all its steps run again, under keys of their own, not only those from
 *     the failed one on
 * @param payload what runs; null for what the task says now, where there is a task
 */
public record RetryMode(boolean fromStart, @Nullable Payload payload) {
  /** Where the new run begins. */
  enum From {
    FAILED_STEP,
    START
  }

  /** What the new run runs. */
  public enum Payload {
    /** What the task says now. */
    CURRENT,
    /** What the run had that is tried again. */
    ORIGINAL
  }

  /** The payload as a request names it; null for what the task says now, where there is a task. */
  @Nullable String payloadName() {
    return payload == null ? null : payload.name().toLowerCase(Locale.ROOT);
  }

  static RetryMode read(JsonFields fields) {
    From from = fields.choice("from", From.FAILED_STEP);
    Payload payload = fields.choice("payload", Payload.class);
    if (from == From.FAILED_STEP && payload == Payload.CURRENT) {
      fields.fault(
          "payload",
          "can be current only with from start: finished steps are those of the original.");
    }
    return new RetryMode(from == From.START, from == From.START ? payload : Payload.ORIGINAL);
  }
}

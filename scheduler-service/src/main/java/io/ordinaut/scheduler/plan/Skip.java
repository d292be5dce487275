package io.ordinaut.scheduler.plan;

import java.time.Instant;
import java.util.Locale;
import java.util.UUID;

/**
 * A span of occurrences that do not fire.
 *
 * @param taskId whose
 * @param from the first of them
 * @param to the last of them
 * @param count how many
 * @param reason why not
 */
public record Skip(UUID taskId, Instant from, Instant to, int count, Reason reason) {
  /** Why an occurrence does not fire. */
  public enum Reason {
    /** It was missed, and its task does not catch up with it. */
    MISFIRE_SKIPPED,
    /** It was missed, and a newer one fires for it. */
    COALESCED,
    /** An earlier run was still going. */
    OVERLAP_SKIPPED,
    /** Its task was paused. */
    PAUSED,
    /** Its task has had all its runs. */
    MAX_RUNS;

    /** The value as it is stored and shown. */
    public String stored() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}

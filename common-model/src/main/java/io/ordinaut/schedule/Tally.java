package io.ordinaut.schedule;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How many occurrences a stretch of time has.
 *
 * @param count how many
 * @param last the last of them; null when there are none
 */
public record Tally(long count, @Nullable Instant last) {
  /** No occurrence. */
  public static final Tally NONE = new Tally(0, null);
}

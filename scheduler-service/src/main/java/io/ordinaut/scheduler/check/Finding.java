package io.ordinaut.scheduler.check;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A promise that a database breaks.
 *
 * @param invariant the name of the promise
 * @param taskId whose task it is about; null when it is about none
 * @param what is wrong, as a sentence
 */
public record Finding(String invariant, @Nullable UUID taskId, String what) {
  @Override
  public String toString() {
    return invariant + (taskId == null ? "" : " (task " + taskId + ")") + ": " + what;
  }
}

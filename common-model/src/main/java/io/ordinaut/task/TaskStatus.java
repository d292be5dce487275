package io.ordinaut.task;

import java.util.Locale;
import java.util.Set;

/** The states of a task and the moves between them. A final state is never left. */
public enum TaskStatus {
  ACTIVE,
  PAUSED,
  COMPLETED,
  FAILED,
  CANCELED;

  /** The states that may follow this one. */
  public Set<TaskStatus> next() {
    return switch (this) {
      case ACTIVE -> Set.of(PAUSED, COMPLETED, FAILED, CANCELED);
      case PAUSED -> Set.of(ACTIVE, COMPLETED, FAILED, CANCELED);
      case COMPLETED, FAILED, CANCELED -> Set.of();
    };
  }

  /** Whether the task will never fire again. */
  public boolean isFinal() {
    return next().isEmpty();
  }

  /** The value as it is stored and shown. */
  public String stored() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Reads what {@link #stored()} wrote. */
  public static TaskStatus of(String stored) {
    return valueOf(stored.toUpperCase(Locale.ROOT));
  }
}

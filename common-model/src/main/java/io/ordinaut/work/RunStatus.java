package io.ordinaut.work;

import io.ordinaut.task.TaskStatus;
import java.util.Locale;

/** How a run ended, and what that makes of its work and of a one-time task. */
public enum RunStatus {
  SUCCESS("completed", TaskStatus.COMPLETED),
  FAILED("failed", TaskStatus.FAILED),
  CANCELED("canceled", TaskStatus.CANCELED),
  TIMED_OUT("failed", TaskStatus.FAILED);

  private final String workStatus;
  private final TaskStatus taskStatus;

  RunStatus(String workStatus, TaskStatus taskStatus) {
    this.workStatus = workStatus;
    this.taskStatus = taskStatus;
  }

  /** The run's status as it is stored and shown. */
  public String stored() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The final status of the {@code due_work} row. */
  public String workStatus() {
    return workStatus;
  }

  /** The final status of a one-time task whose run ended so. */
  public TaskStatus taskStatus() {
    return taskStatus;
  }
}

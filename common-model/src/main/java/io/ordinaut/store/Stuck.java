package io.ordinaut.store;

import java.util.Arrays;
import java.util.Locale;

/**
 * What waits although nothing that should hold it up does.
 *
 * @param kind of waiting
 * @param count how much of it; {@link StuckTable#MOST} and one stands for more than that
 * @param oldestSeconds for how long the oldest of it has been overdue
 */
public record Stuck(Kind kind, long count, double oldestSeconds) {
  /** A way to be stuck, with what to do about it. */
  public enum Kind {
    /** A run whose lease ran out, and that no worker took over. */
    LEASE_EXPIRED(
        "Runs are held by workers that are gone, and nobody takes them over: start a worker-service,"
            + " or look why those that run can't reach the database."),
    /** Work that is due while workers are free, or while there is none. */
    WORK_UNCLAIMED(
        "Work has been due for five minutes and no worker takes it: start a worker-service, or look"
            + " at GET /v1/workers and at the log of those that have room."),
    /** Work whose concurrency key has been full for long. */
    KEY_HELD(
        "Work has waited for an hour behind its concurrency key: look at the runs that hold the key,"
            + " or raise concurrency_limit."),
    /** A task whose next occurrence has not been emitted. */
    TASK_BEHIND(
        "Tasks are more than a minute behind their schedules: start a scheduler-service, or look at"
            + " the log of those that run."),
    /** A command or a matched event that has not become work. */
    SIGNAL_WAITING(
        "Commands and events have waited for a minute to become work: start a scheduler-service, or"
            + " look at the log of those that run."),
    /** An event that has not been looked at. */
    EVENT_WAITING(
        "Events have waited for a minute for the tasks that listen: start a scheduler-service, or"
            + " look at the log of those that run.");

    private final String advice;

    Kind(String advice) {
      this.advice = advice;
    }

    /** The name as it is shown. */
    public String shown() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** A sentence that says what it is and what to do. */
    public String advice() {
      return advice;
    }

    static Kind of(String shown) {
      return Arrays.stream(values()).filter(k -> k.shown().equals(shown)).findFirst().orElseThrow();
    }
  }
}

package io.ordinaut.worker.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.work.RunStatus;
import org.jspecify.annotations.Nullable;

/**
 * How a run that goes on is told to stop. The thread that runs it is interrupted once, so that a
 * call to a tool ends; what to make of it is read from the reason.
 */
public final class Stop {
  /** Why a run is stopped. */
  public enum Reason {
    /** Somebody asked for it: the run ends as canceled. */
    CANCELED,
    /** The lease is gone: nothing of the run counts any more. */
    LOST,
    /** The worker shuts down: another one goes on with the run. */
    DRAINING
  }

  private @Nullable Reason reason;
  private @Nullable Thread runner;

  /** Tells the run to stop; the first reason counts. */
  public synchronized void now(Reason why) {
    if (reason == null) {
      reason = why;
      if (runner != null) {
        runner.interrupt();
      }
    }
  }

  /** Why the run is to stop, or null while it may go on. */
  public synchronized @Nullable Reason reason() {
    return reason;
  }

  /**
   * What the run becomes.
   *
   * @param outputs of the steps that are done
   */
  synchronized RunOutcome outcome(ObjectNode outputs) {
    if (reason == Reason.CANCELED) {
      return new RunOutcome.Ended(
          RunStatus.CANCELED, outputs, ErrorCode.CANCELED, "The run was canceled.");
    }
    return reason == Reason.LOST ? new RunOutcome.Lost() : new RunOutcome.Unfinished();
  }

  /** Notes that this thread runs it from now on. */
  synchronized void begin() {
    runner = Thread.currentThread();
    if (reason != null) {
      runner.interrupt();
    }
  }

  /** Notes that no thread runs it any more, and takes back an interrupt that came too late. */
  synchronized void end() {
    runner = null;
    Thread.interrupted();
  }
}

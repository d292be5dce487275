package io.ordinaut.worker.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.work.RunStatus;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How a run that goes on is told to stop. The threads that run it are interrupted once, so that
 * calls to tools end; what to make of it is read from the reason.
 */
public final class Stop {
  /** Why a run is stopped. */
  public enum Reason {
    /** Somebody asked for it: the run ends as canceled. */
    CANCELED,
    /** The run took longer than it may: it ends as timed out. */
    TIMED_OUT,
    /** The lease is gone: nothing of the run counts any more. */
    LOST,
    /** The worker shuts down: another one goes on with the run. */
    DRAINING;

    private boolean endsTheRun() {
      return this == CANCELED || this == TIMED_OUT;
    }
  }

  private final Set<Thread> runners = new HashSet<>();
  private @Nullable Reason reason;
  private boolean rollingBack;
  private String sentence = "The run was canceled.";

  /** Tells the run to stop; the first reason counts. A rollback goes on to its end. */
  public synchronized void now(Reason why) {
    if (reason == null && !(rollingBack && why.endsTheRun())) {
      reason = why;
      runners.forEach(Thread::interrupt);
    }
  }

  /** Tells the run to stop because it took longer than it may. */
  synchronized void timeOut(Duration longest) {
    if (reason == null) {
      sentence = "The run did not end within its timeout_seconds of " + longest.toSeconds() + " s.";
      now(Reason.TIMED_OUT);
    }
  }

  /** From now on the run undoes what it did: whoever wanted it to end came too late. */
  synchronized void rollBack() {
    rollingBack = true;
    if (reason != null && reason.endsTheRun()) {
      reason = null;
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
      return new RunOutcome.Ended(RunStatus.CANCELED, outputs, ErrorCode.CANCELED, sentence);
    }
    if (reason == Reason.TIMED_OUT) {
      return new RunOutcome.Ended(RunStatus.TIMED_OUT, outputs, ErrorCode.TIMEOUT, sentence);
    }
    return reason == Reason.LOST ? new RunOutcome.Lost() : new RunOutcome.Unfinished();
  }

  /** Notes that this thread runs it, alone or with others, from now on. */
  synchronized void begin() {
    runners.add(Thread.currentThread());
    if (reason != null) {
      Thread.currentThread().interrupt();
    }
  }

  /** Notes that this thread does so no more, and takes back an interrupt that came too late. */
  synchronized void end() {
    runners.remove(Thread.currentThread());
    Thread.interrupted();
  }

  /** Does on a thread of the run what must not be cut: a write whose outcome has to be known. */
  <T> T undisturbed(Supplier<T> work) {
    end();
    try {
      return work.get();
    } finally {
      begin();
    }
  }
}

package io.ordinaut.worker.run;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.pipeline.Step;
import io.ordinaut.pipeline.StepOutcome;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.step.StepCall;
import io.ordinaut.worker.step.StepTry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Undoes what finished steps did, the last one first, after a step has failed for good. One that
 * can't be undone does not keep the others from it. The run fails with the step's error and says
 * what was undone.
 */
final class Rollback {
  /** How often a run may lose its lease before that is taken for its own fault. */
  private static final int LOST_LEASES = 5;

  /** Characters that the report gives to each of its lists, and to one error. */
  private static final int LONGEST_LIST = 8_000;

  private static final int LONGEST_ERROR = 300;

  private final Run run;
  private final Journal journal;
  private final RunOutcome.Ended failure;
  private final List<String> undone = new ArrayList<>();
  private final List<String> notUndone = new ArrayList<>();

  /**
   * @param failure how the run ends; its message is added to
   */
  Rollback(Run run, RunOutcome.Ended failure) {
    this.run = run;
    this.journal = run.journal();
    this.failure = failure;
  }

  /** Whether workers were lost so often that nothing is tried any more. */
  static boolean isGivenUp(Lease lease) {
    return lease.lostLeases() > LOST_LEASES;
  }

  /** Undoes as much as it gets to. */
  RunOutcome run() throws InterruptedException {
    if (!run.lease().rollingBack()) {
      if (run.isStopped()) {
        return run.stopped();
      }
      RunTable.Turn turn = journal.rollBack();
      if (turn == RunTable.Turn.LOST) {
        return new RunOutcome.Lost();
      }
      if (turn == RunTable.Turn.CANCELED) {
        run.stop().now(Stop.Reason.CANCELED);
        return run.stopped();
      }
    }
    Map<String, Step> steps =
        run.snapshot().pipeline().steps().stream()
            .collect(Collectors.toMap(Step::id, Function.identity()));
    List<Place> finished = journal.finished();
    for (int i = finished.size() - 1; i >= 0; i--) {
      Step step = steps.get(finished.get(i).stepId());
      if (step != null && step.compensate() != null && !isEmptyList(step, finished.get(i))) {
        RunOutcome stopped = undo(step, finished.get(i));
        if (stopped != null) {
          return stopped;
        }
      }
    }
    return end();
  }

  /** A list without elements is done as a whole, and nothing was done for it. */
  private static boolean isEmptyList(Step step, Place done) {
    return step.foreach() != null && done.item() == null;
  }

  /** Null when nothing is left to be tried. */
  private @Nullable RunOutcome undo(Step step, Place done) throws InterruptedException {
    Place place = done.undone();
    boolean isKnown =
        !Objects.requireNonNull(step.compensate()).with().readsItem() || run.knowsElement(done);
    StepCall call = run.callAt(step, done).undoing(output(done));
    while (true) {
      StepOutcome last = journal.last(place);
      if (last instanceof StepOutcome.Succeeded) {
        undone.add(done.shown());
        return null;
      }
      if (last instanceof StepOutcome.Failed failed
          && run.retries().undoingUsedUp(step, failed, journal.tries(place))) {
        notUndone.add(done.shown() + " (" + shortened(failed.message()) + ")");
        return null;
      }
      if (isGivenUp(run.lease())) {
        notUndone.add(done.shown() + " (not tried to the end)");
        return null;
      }
      if (run.isStopped()) {
        return run.stopped();
      }
      if (!isKnown) {
        notUndone.add(done.shown() + " (its element is not known any more)");
        return null;
      }
      RunOutcome stopped = tryOnce(step, place, call);
      if (stopped != null) {
        return stopped;
      }
    }
  }

  private JsonNode output(Place done) {
    return ((StepOutcome.Succeeded) Objects.requireNonNull(journal.last(done))).output();
  }

  /** Null when the rollback goes on. */
  private @Nullable RunOutcome tryOnce(Step step, Place place, StepCall call)
      throws InterruptedException {
    StepTry tried = run.call(call, journal.tries(place) + 1);
    if (run.isStopped() && tried.outcome() instanceof StepOutcome.Failed) {
      return run.stopped();
    }
    journal.note(LogEntry.Kind.COMPENSATE, tried);
    if (tried.outcome() instanceof StepOutcome.Failed failed
        && !run.retries().undoingUsedUp(step, failed, journal.tries(place))) {
      Duration delay = run.retries().beforeUndoing(step, journal.tries(place));
      if (Retries.parks(delay)) {
        return RunOutcome.Parked.after(delay, run.lease().attempt());
      }
      RunOutcome lost = run.checkpoint();
      Thread.sleep(delay.toMillis());
      return lost;
    }
    return run.checkpoint();
  }

  private RunOutcome end() {
    StringBuilder message = new StringBuilder();
    ErrorCode code = failure.code();
    if (isGivenUp(run.lease())) {
      code = ErrorCode.LEASE_LOST;
      message
          .append("Its worker was lost ")
          .append(run.lease().lostLeases())
          .append(" times; given up. ");
    }
    message.append(failure.message());
    if (message.charAt(message.length() - 1) != '.') {
      message.append('.');
    }
    if (undone.isEmpty() && notUndone.isEmpty()) {
      message.append(" There was nothing to compensate.");
    }
    if (!undone.isEmpty()) {
      message.append(" Compensated: ").append(listed(undone)).append('.');
    }
    if (!notUndone.isEmpty()) {
      message.append(" Not compensated: ").append(listed(notUndone)).append('.');
    }
    return new RunOutcome.Ended(failure.status(), failure.outputs(), code, message.toString());
  }

  private static String listed(List<String> names) {
    StringBuilder list = new StringBuilder();
    for (int i = 0; i < names.size(); i++) {
      if (list.length() > LONGEST_LIST) {
        return list.append(" and ").append(names.size() - i).append(" more").toString();
      }
      list.append(i == 0 ? "" : ", ").append(names.get(i));
    }
    return list.toString();
  }

  private static String shortened(String error) {
    return error.length() <= LONGEST_ERROR ? error : error.substring(0, LONGEST_ERROR) + "…";
  }
}

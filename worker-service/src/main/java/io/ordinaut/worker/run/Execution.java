package io.ordinaut.worker.run;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.failure.Violation;
import io.ordinaut.pipeline.OnError;
import io.ordinaut.pipeline.Step;
import io.ordinaut.pipeline.StepOutcome;
import io.ordinaut.work.RunStatus;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.step.Delay;
import io.ordinaut.worker.step.StepCall;
import io.ordinaut.worker.step.StepRunner;
import io.ordinaut.worker.step.StepTry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The life of one run, from its first unfinished step to its end or its next pause. Steps that have
 * finished are taken from the journal, also by a run that is stopped before it could go on: what
 * they brought is its output. A run that was rolling back gets in this way to the step that failed,
 * and goes on with its rollback there.
 */
final class Execution {
  private final Run run;
  private final Journal journal;
  private final Executor lanes;

  /**
   * @param lanes run elements of lists beside the run's own thread
   */
  Execution(Run run, Executor lanes) {
    this.run = run;
    this.journal = run.journal();
    this.lanes = lanes;
  }

  /** Runs as far as it gets. */
  RunOutcome run() {
    try {
      RunOutcome unable = unable();
      if (unable != null) {
        return unable;
      }
      return run.isStopped() ? stoppedBefore() : pipeline();
    } catch (InterruptedException e) {
      return run.stopped();
    }
  }

  /** Why no step is begun; null when the pipeline may run. */
  private @Nullable RunOutcome unable() {
    Lease lease = run.lease();
    if (Rollback.isGivenUp(lease) && !lease.rollingBack()) {
      return run.failed(
          ErrorCode.LEASE_LOST, "Its worker was lost " + lease.lostLeases() + " times; given up.");
    }
    if (!run.snapshot().faults().isEmpty()) {
      Violation first = run.snapshot().faults().get(0);
      return run.failed(ErrorCode.TEMPLATE_ERROR, first.field() + " " + first.message());
    }
    ConditionTrigger trigger = run.snapshot().trigger();
    return trigger == null ? null : new Prober(run).look(trigger);
  }

  private RunOutcome pipeline() throws InterruptedException {
    List<Step> steps = run.snapshot().pipeline().steps();
    for (Step step : steps) {
      RunOutcome stopped = done(step);
      if (stopped != null) {
        return stopped;
      }
    }
    return run.lease().rollingBack()
        ? unknown(Place.of(steps.get(steps.size() - 1)))
        : new RunOutcome.Ended(RunStatus.SUCCESS, run.context().outputs(), null, null);
  }

  /** Takes what finished steps have brought, and begins nothing. */
  private RunOutcome stoppedBefore() throws InterruptedException {
    for (Step step : run.snapshot().pipeline().steps()) {
      if (waits(step) || done(step) != null) {
        break;
      }
    }
    return run.stopped();
  }

  /** Whether the run was parked by a step that is not over yet, though it is in the journal. */
  private boolean waits(Step step) {
    return step.uses().equals(Step.DELAY)
        && journal.last(Place.of(step)) instanceof StepOutcome.Succeeded done
        && Delay.end(done.output()).isAfter(run.lease().now());
  }

  private @Nullable RunOutcome done(Step step) throws InterruptedException {
    return step.foreach() == null ? single(step) : repeated(step);
  }

  /** Tries a step until it is done; null when the run goes on, else why it stops here. */
  private @Nullable RunOutcome single(Step step) throws InterruptedException {
    Place place = Place.of(step);
    while (true) {
      StepOutcome last = journal.last(place);
      if (last instanceof StepOutcome.Failed failed && isOver(step, failed, place)) {
        return giveUp(step, place, failed);
      }
      if (last != null && !(last instanceof StepOutcome.Failed)) {
        run.take(step, last);
        return null;
      }
      if (run.lease().rollingBack()) {
        return unknown(place);
      }
      if (run.isStopped()) {
        return run.stopped();
      }
      StepTry tried = run.call(StepCall.of(step), journal.tries(place) + 1);
      RunOutcome stopped = noted(step, place, run.withinRun(tried, 0));
      if (stopped != null) {
        return stopped;
      }
    }
  }

  /** Whether nothing is tried any more; in a rollback the step that failed has led to it. */
  private boolean isOver(Step step, StepOutcome.Failed failed, Place place) {
    return run.retries().usedUp(step, failed, journal.tries(place)) || run.lease().rollingBack();
  }

  /** Null when the run goes on, with another try where this one failed. */
  private @Nullable RunOutcome noted(Step step, Place place, StepTry tried)
      throws InterruptedException {
    if (tried.outcome() instanceof StepOutcome.Failed failed) {
      if (run.isStopped()) {
        run.noteCut(tried);
        return run.stopped();
      }
      return afterFailure(step, place, tried, failed);
    }
    if (step.uses().equals(Step.DELAY) && tried.outcome() instanceof StepOutcome.Succeeded done) {
      return delay(tried, Delay.end(done.output()));
    }
    journal.note(LogEntry.Kind.STEP, tried);
    return run.checkpoint();
  }

  /** The step is finished with the same statement that parks the run. */
  private @Nullable RunOutcome delay(StepTry tried, Instant end) throws InterruptedException {
    Duration left = Duration.between(run.lease().now(), end);
    if (Retries.parks(left)) {
      journal.note(LogEntry.Kind.STEP, tried.endingAt(end));
      return RunOutcome.Parked.until(end, left, run.lease().attempt());
    }
    if (!left.isNegative()) {
      Thread.sleep(left.toMillis());
    }
    journal.note(LogEntry.Kind.STEP, tried.endingAt(run.lease().now()));
    return run.checkpoint();
  }

  private @Nullable RunOutcome afterFailure(
      Step step, Place place, StepTry tried, StepOutcome.Failed failed)
      throws InterruptedException {
    journal.note(LogEntry.Kind.STEP, tried);
    RunOutcome.Parked pause = run.retries().after(step, failed, journal.tries(place));
    if (pause == null || run.lease().rollingBack()) {
      return giveUp(step, place, failed);
    }
    if (pause.attempt() > run.lease().attempt() || Retries.parks(pause.delay())) {
      return pause;
    }
    RunOutcome lost = run.checkpoint();
    Thread.sleep(pause.delay().toMillis());
    return lost;
  }

  private @Nullable RunOutcome repeated(Step step) throws InterruptedException {
    Place place = Place.of(step);
    if ((run.lease().rollingBack() || wentOn(step)) && mayNeedElements(step)) {
      run.recallElements(step);
    }
    while (true) {
      StepOutcome last = journal.last(place);
      if (last instanceof StepOutcome.Skipped || last instanceof StepOutcome.Succeeded) {
        run.take(step, last);
        return null;
      }
      if (last instanceof StepOutcome.Failed failed && isOverAsList(step, failed, place)) {
        return giveUp(step, place, failed);
      }
      if (isPast(step)) {
        return journal.hasElements(step) ? each(step, journal.elements(step)) : unknown(place);
      }
      if (run.isStopped() && !journal.hasElements(step)) {
        return run.stopped();
      }
      StepRunner.Elements elements = run.elements(step);
      if (elements.ended() == null) {
        return each(step, elements.list());
      }
      RunOutcome stopped = noted(step, place, elements.ended());
      if (stopped != null) {
        return stopped;
      }
    }
  }

  /**
   * Whether the failure of its list has ended the step. Where elements were tried later the list
   * had been found after all, and so it had where the run went on to later steps, unless it does so
   * after failures.
   */
  private boolean isOverAsList(Step step, StepOutcome.Failed failed, Place place) {
    boolean usedUp = run.retries().usedUp(step, failed, journal.tries(place));
    if (wentOn(step)) {
      return usedUp && step.onError() == OnError.CONTINUE && journal.endsWithWhole(step);
    }
    return usedUp || run.lease().rollingBack() && journal.endsWithWhole(step);
  }

  /** Whether nothing more is done for its elements, so that its list does not matter any more. */
  private boolean isPast(Step step) {
    return run.lease().rollingBack()
        || wentOn(step)
            && journal.hasElements(step)
            && new Repetition(run, step, journal.elements(step)).unfinished() == null;
  }

  /** Whether a rollback would have to know for which elements the step was done. */
  private boolean mayNeedElements(Step step) {
    return step.compensate() != null
        && step.compensate().with().readsItem()
        && journal.hasElements(step);
  }

  /** Whether a later step was tried. */
  private boolean wentOn(Step step) {
    List<Step> steps = run.snapshot().pipeline().steps();
    return steps.subList(steps.indexOf(step) + 1, steps.size()).stream()
        .anyMatch(journal::hasTried);
  }

  private @Nullable RunOutcome each(Step step, ArrayNode list) throws InterruptedException {
    Repetition repetition = new Repetition(run, step, list);
    if (!run.lease().rollingBack() && repetition.unfinished() != null) {
      RunOutcome stopped = repetition.run(lanes);
      if (stopped != null) {
        return stopped;
      }
    }
    Place unfinished = repetition.unfinished();
    if (unfinished == null) {
      run.take(step, new StepOutcome.Succeeded(repetition.outputs()));
      return run.checkpoint();
    }
    return journal.last(unfinished) instanceof StepOutcome.Failed failed
        ? giveUp(step, unfinished, failed)
        : unknown(unfinished);
  }

  /** Nothing is left to be tried: what that means for the run is the step's to say. */
  private @Nullable RunOutcome giveUp(Step step, Place place, StepOutcome.Failed failed)
      throws InterruptedException {
    if (step.onError() == OnError.CONTINUE) {
      run.context().save(step, NullNode.instance);
      return run.checkpoint();
    }
    RunOutcome.Ended end = ended(place, failed);
    return step.onError() == OnError.ROLLBACK || run.lease().rollingBack()
        ? new Rollback(run, end).run()
        : end;
  }

  private RunOutcome.Ended ended(Place place, StepOutcome.Failed failed) {
    String what =
        "Step "
            + place.stepId()
            + (place.item() == null ? "" : ", item " + place.item())
            + ": "
            + failed.message();
    return failed.code().retryable()
        ? run.failed(ErrorCode.RETRIES_EXHAUSTED, "Max retries exhausted. " + what)
        : run.failed(failed.code(), what);
  }

  /** The run rolls back, and its log, which would say why, has been deleted. */
  private RunOutcome unknown(Place place) throws InterruptedException {
    RunOutcome.Ended end =
        ended(place, new StepOutcome.Failed(ErrorCode.LEASE_LOST, "its log is gone."));
    return new Rollback(run, end).run();
  }
}

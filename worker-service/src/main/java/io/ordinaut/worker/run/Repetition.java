package io.ordinaut.worker.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.json.Json;
import io.ordinaut.pipeline.OnError;
import io.ordinaut.pipeline.Step;
import io.ordinaut.pipeline.StepOutcome;
import io.ordinaut.worker.step.Outputs;
import io.ordinaut.worker.step.StepCall;
import io.ordinaut.worker.step.StepTry;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A step that is done for each element of a list, several at once: each lane takes the next element
 * that has not finished. The run's own thread is one of the lanes.
 */
final class Repetition {
  private final Run run;
  private final Step step;
  private final ArrayNode list;
  private final Journal journal;
  private final AtomicInteger next = new AtomicInteger();
  private final AtomicInteger size = new AtomicInteger();
  private volatile boolean closed;
  private @Nullable RunOutcome stopped;
  private RunOutcome.@Nullable Parked pause;
  private @Nullable Throwable broken;

  /**
   * @param list the elements
   */
  Repetition(Run run, Step step, ArrayNode list) {
    this.run = run;
    this.step = step;
    this.list = list;
    this.journal = run.journal();
  }

  /** Does what is left to do; null when nothing is, or when an element has failed for good. */
  @Nullable RunOutcome run(Executor lanes) {
    int left = countUnfinished();
    int most = Math.min(left, Objects.requireNonNull(step.foreach()).maxParallel());
    CountDownLatch others = new CountDownLatch(Math.max(0, most - 1));
    for (int i = 1; i < most; i++) {
      try {
        lanes.execute(() -> otherLane(others));
      } catch (RuntimeException e) {
        breakOff(e);
        others.countDown();
      }
    }
    lane();
    awaitAll(others);
    return outcome();
  }

  private int countUnfinished() {
    int left = 0;
    for (int i = 0; i < list.size(); i++) {
      if (journal.last(Place.of(step, i)) instanceof StepOutcome.Succeeded done) {
        size.addAndGet(Outputs.sizeOf(done.output()));
      } else {
        left++;
      }
    }
    return left;
  }

  /** Whoever stops the run interrupts every lane, so that none is waited for in vain. */
  private static void awaitAll(CountDownLatch others) {
    boolean interrupted = false;
    while (true) {
      try {
        others.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private @Nullable RunOutcome outcome() {
    if (broken instanceof Error error) {
      throw error;
    }
    if (broken instanceof RuntimeException exception) {
      throw exception;
    }
    if (stopped != null) {
      return stopped;
    }
    if (run.isStopped()) {
      return run.stopped();
    }
    Place unfinished = unfinished();
    boolean failed =
        unfinished != null
            && journal.last(unfinished) instanceof StepOutcome.Failed why
            && isOver(unfinished, why);
    return failed ? null : pause;
  }

  private void otherLane(CountDownLatch others) {
    run.stop().begin();
    try {
      lane();
    } finally {
      run.stop().end();
      others.countDown();
    }
  }

  private void lane() {
    try {
      for (int i = next.getAndIncrement(); i < list.size(); i = next.getAndIncrement()) {
        if (closed || run.isStopped()) {
          return;
        }
        finish(i);
      }
    } catch (InterruptedException e) {
      closed = true;
    } catch (RuntimeException | Error e) {
      breakOff(e);
    }
  }

  private synchronized void breakOff(Throwable e) {
    closed = true;
    broken = broken == null ? e : broken;
  }

  private synchronized void lost(RunOutcome outcome) {
    closed = true;
    stopped = outcome;
  }

  /** Tries an element until it is done, used up or has to wait longer than a lane may. */
  private void finish(int index) throws InterruptedException {
    Place place = Place.of(step, index);
    while (!closed) {
      StepOutcome last = journal.last(place);
      if (last instanceof StepOutcome.Succeeded) {
        return;
      }
      if (last instanceof StepOutcome.Failed failed && isOver(place, failed)) {
        closed = step.onError() != OnError.CONTINUE;
        return;
      }
      if (!tryOnce(index, place)) {
        return;
      }
    }
  }

  private boolean isOver(Place place, StepOutcome.Failed failed) {
    return run.retries().usedUp(step, failed, journal.tries(place));
  }

  /** Whether the lane goes on with the element. */
  private boolean tryOnce(int index, Place place) throws InterruptedException {
    StepTry tried =
        withinAll(
            run.call(StepCall.ofItem(step, index, list.get(index)), journal.tries(place) + 1));
    if (run.isStopped() && tried.outcome() instanceof StepOutcome.Failed) {
      run.noteCut(tried);
      return false;
    }
    journal.note(LogEntry.Kind.STEP, tried);
    if (tried.outcome() instanceof StepOutcome.Failed failed) {
      return afterFailure(place, failed);
    }
    return written();
  }

  /** The outputs of all elements become one, which has to be kept. */
  private StepTry withinAll(StepTry tried) {
    if (!(tried.outcome() instanceof StepOutcome.Succeeded done)) {
      return tried;
    }
    int own = Outputs.sizeOf(done.output());
    int all = size.addAndGet(own);
    StepTry kept =
        all > Outputs.LARGEST
            ? tried.endingWith(
                new StepOutcome.Failed(
                    ErrorCode.OUTPUT_INVALID,
                    "The outputs of all elements are together larger than 256 KiB."))
            : run.withinRun(tried, all - own);
    if (!kept.equals(tried)) {
      size.addAndGet(-own);
    }
    return kept;
  }

  private boolean afterFailure(Place place, StepOutcome.Failed failed) throws InterruptedException {
    RunOutcome.Parked wanted = run.retries().after(step, failed, journal.tries(place));
    if (wanted == null && step.onError() != OnError.CONTINUE) {
      // Written together with what becomes of the run.
      closed = true;
      return false;
    }
    if (wanted != null && wanted.attempt() > run.lease().attempt()) {
      closed = true;
      park(wanted);
      return false;
    }
    if (!written() || wanted == null) {
      return false;
    }
    Duration delay = wanted.delay();
    if (Retries.parks(delay)) {
      park(wanted);
      return false;
    }
    Thread.sleep(delay.toMillis());
    return true;
  }

  /** The run waits as long as the one that waits longest; the other elements go on before. */
  private synchronized void park(RunOutcome.Parked wanted) {
    if (pause == null || wanted.delay().compareTo(pause.delay()) > 0) {
      pause = wanted;
    }
  }

  private boolean written() {
    RunOutcome lost = run.checkpoint();
    if (lost != null) {
      lost(lost);
    }
    return lost == null;
  }

  /** The first element that has failed for good, else the first that is not done; null if none. */
  @Nullable Place unfinished() {
    Place first = null;
    for (int i = 0; i < list.size(); i++) {
      Place place = Place.of(step, i);
      StepOutcome last = journal.last(place);
      if (last instanceof StepOutcome.Failed failed && isOver(place, failed)) {
        if (step.onError() != OnError.CONTINUE) {
          return place;
        }
      } else if (!(last instanceof StepOutcome.Succeeded)
          && (first == null || isWorse(last, journal.last(first)))) {
        first = place;
      }
    }
    return first;
  }

  private static boolean isWorse(@Nullable StepOutcome one, @Nullable StepOutcome other) {
    return one instanceof StepOutcome.Failed && !(other instanceof StepOutcome.Failed);
  }

  /** What the elements brought, in their order; null for those that failed. */
  ArrayNode outputs() {
    ArrayNode outputs = Json.MAPPER.createArrayNode();
    for (int i = 0; i < list.size(); i++) {
      JsonNode output =
          journal.last(Place.of(step, i)) instanceof StepOutcome.Succeeded done
              ? done.output()
              : NullNode.instance;
      outputs.add(output);
    }
    return outputs;
  }
}

package io.ordinaut.worker.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.json.Json;
import io.ordinaut.pipeline.Context;
import io.ordinaut.pipeline.Step;
import io.ordinaut.pipeline.StepOutcome;
import io.ordinaut.store.Statements;
import io.ordinaut.work.RunStatus;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.secret.Secrets;
import io.ordinaut.worker.step.Delay;
import io.ordinaut.worker.step.Outputs;
import io.ordinaut.worker.step.RunView;
import io.ordinaut.worker.step.StepCall;
import io.ordinaut.worker.step.StepRunner;
import io.ordinaut.worker.step.StepTry;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A run that is under way: what its steps, their elements and its rollback share. */
final class Run {
  private static final StepOutcome CANCELED =
      new StepOutcome.Failed(ErrorCode.CANCELED, "The run was canceled.");

  private static final StepOutcome OUT_OF_TIME =
      new StepOutcome.Failed(ErrorCode.TIMEOUT, "The time of the run was over.");

  /** How often at once a list is asked for again. */
  private static final int LATE_LISTS = 3;

  /** About how many bytes the outputs of all steps may have together. */
  private static final int MOST_OUTPUT_BYTES = 4 * 1_048_576;

  /** About how many bytes of the log may wait to be written. */
  private static final int MOST_UNWRITTEN_BYTES = 1_048_576;

  private final Lease lease;
  private final Snapshot snapshot;
  private final Journal journal;
  private final StepRunner steps;
  private final Stop stop;
  private final Statements db;
  private final Secrets secrets;
  private final Context context;
  private final Map<String, ArrayNode> elements = new HashMap<>();
  private Instant now;

  /** About how many bytes the finished steps have brought. */
  private int outputBytes;

  /** How many of the unwritten tries have been measured, and about how many bytes these are. */
  private int measured;

  private int unwrittenBytes;

  Run(
      Lease lease,
      Snapshot snapshot,
      Journal journal,
      StepRunner steps,
      Stop stop,
      Statements db,
      Secrets secrets) {
    this.lease = lease;
    this.snapshot = snapshot;
    this.journal = journal;
    this.steps = steps;
    this.stop = stop;
    this.db = db;
    this.secrets = secrets;
    this.context = context(lease, snapshot);
    this.now = lease.admittedAt();
  }

  private static Context context(Lease lease, Snapshot snapshot) {
    JsonNode trigger = lease.trigger() == null ? Json.object() : Json.read(lease.trigger());
    JsonNode params = snapshot.params();
    if (trigger.path("params").isObject()) {
      params = ((ObjectNode) params.deepCopy()).setAll((ObjectNode) trigger.get("params"));
    }
    ObjectNode task = Json.object().put("title", lease.taskTitle());
    task.put("id", lease.taskId() == null ? null : lease.taskId().toString());
    ObjectNode run = Json.object();
    // That of the run it goes on with, if it does: the same key must not bring another input.
    run.put("id", lease.rootId().toString());
    run.put("run_at", lease.runAt().toString());
    run.put("attempt", lease.attempt());
    return new Context(
        params, trigger.has("event") ? trigger.get("event") : NullNode.instance, task, run);
  }

  Lease lease() {
    return lease;
  }

  Snapshot snapshot() {
    return snapshot;
  }

  Journal journal() {
    return journal;
  }

  Stop stop() {
    return stop;
  }

  Statements db() {
    return db;
  }

  Context context() {
    return context;
  }

  Retries retries() {
    return new Retries(snapshot, lease.attempt());
  }

  private RunView view() {
    return new RunView(lease, context, now, secrets);
  }

  /** Makes a call once; it is not noted yet. */
  StepTry call(StepCall call, int attempt) {
    return steps.run(call, attempt, view());
  }

  /**
   * Asks for the elements of a step that is over, to know them if they are to be undone. To be
   * called in the order of the steps: a later one may have saved under a name that the list reads.
   */
  void recallElements(Step step) {
    StepRunner.Elements found = elements(step);
    for (int again = 0; again < LATE_LISTS && isLate(found); again++) {
      found = elements(step);
    }
  }

  private static boolean isLate(StepRunner.Elements found) {
    return found.ended() != null
        && found.ended().outcome() instanceof StepOutcome.Failed failed
        && failed.code() == ErrorCode.TIMEOUT;
  }

  /** The elements of a step; its condition is asked first. */
  StepRunner.Elements elements(Step step) {
    int attempt = journal.tries(Place.of(step)) + 1;
    StepRunner.Elements found =
        isStopped()
            // Nothing is tried any more: it is what it was when the elements were tried.
            ? stop.undisturbed(() -> steps.elements(step, attempt, view()))
            : steps.elements(step, attempt, view());
    elements.put(step.id(), found.list());
    return found;
  }

  /** Whether the element that something was done for is known, if it was one. */
  boolean knowsElement(Place place) {
    ArrayNode list = elements.get(place.stepId());
    return place.item() == null || list != null && list.size() > place.item();
  }

  /** The call that did what has finished. */
  StepCall callAt(Step step, Place place) {
    if (place.item() == null) {
      return StepCall.of(step);
    }
    JsonNode item =
        elements.getOrDefault(step.id(), Json.MAPPER.createArrayNode()).path(place.item());
    return StepCall.ofItem(step, place.item(), item.isMissingNode() ? NullNode.instance : item);
  }

  /**
   * The same try, unless the outputs of the run become too much with it.
   *
   * @param besides bytes that the step has brought before
   */
  StepTry withinRun(StepTry tried, int besides) {
    return tried.outcome() instanceof StepOutcome.Succeeded done
            && outputBytes + besides + Outputs.sizeOf(done.output()) > MOST_OUTPUT_BYTES
        ? tried.endingWith(
            new StepOutcome.Failed(
                ErrorCode.OUTPUT_INVALID,
                "With that of step "
                    + tried.stepId()
                    + " the outputs of the run are together larger than 4 MiB."))
        : tried;
  }

  /** Keeps what a finished step brought. Time goes on to the end of a delay. */
  void take(Step step, StepOutcome outcome) {
    if (outcome instanceof StepOutcome.Succeeded done) {
      context.save(step, done.output());
      outputBytes += Outputs.sizeOf(done.output());
      if (step.uses().equals(Step.DELAY)) {
        Instant end = Delay.end(done.output());
        now = end.isAfter(now) ? end : now;
      }
    } else {
      context.skip(step);
    }
  }

  boolean isStopped() {
    return stop.reason() != null;
  }

  /** What becomes of the run once it is stopped. */
  RunOutcome stopped() {
    return stop.outcome(context.outputs());
  }

  /** Notes the try that was cut, unless another worker makes it again. */
  void noteCut(StepTry cut) {
    if (stop.reason() == Stop.Reason.CANCELED) {
      journal.noteCut(cut.endingWith(CANCELED));
    } else if (stop.reason() == Stop.Reason.TIMED_OUT) {
      journal.noteCut(cut.endingWith(OUT_OF_TIME));
    }
  }

  /** Makes durable what must not be repeated, or is much; null when the run may go on. */
  @Nullable RunOutcome checkpoint() {
    return journal.checkpoint() && writtenIfMuch() ? null : new RunOutcome.Lost();
  }

  /** What does no harm when it is lost is written too before one statement can't hold it. */
  private boolean writtenIfMuch() {
    synchronized (journal) {
      List<LogEntry> log = journal.unwritten();
      if (log.size() < measured) {
        measured = 0;
        unwrittenBytes = 0;
      }
      for (LogEntry entry : log.subList(measured, log.size())) {
        unwrittenBytes += entry.bytes();
      }
      measured = log.size();
      if (unwrittenBytes <= MOST_UNWRITTEN_BYTES) {
        return true;
      }
      boolean held = stop.undisturbed(() -> RunTable.checkpoint(db, lease, log));
      journal.discard();
      measured = 0;
      unwrittenBytes = 0;
      return held;
    }
  }

  RunOutcome.Ended failed(ErrorCode code, String message) {
    return new RunOutcome.Ended(RunStatus.FAILED, context.outputs(), code, message);
  }
}

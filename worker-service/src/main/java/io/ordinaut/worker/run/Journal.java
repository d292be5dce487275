package io.ordinaut.worker.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.ordinaut.json.Json;
import io.ordinaut.pipeline.Step;
import io.ordinaut.pipeline.StepOutcome;
import io.ordinaut.store.Statements;
import io.ordinaut.work.Ids;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.step.StepTry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a run has done so far: read back after a crash or a retry, written before it goes on. Used
 * by all threads of the run.
 */
final class Journal {
  /** By how much the database's clock may have gone back since: then some more is read. */
  private static final Duration CLOCK_SLACK = Duration.ofDays(1);

  private final Statements db;
  private final Lease lease;
  private final Stop stop;
  private final Map<Place, Past> past = new HashMap<>();
  private final List<Place> finished = new ArrayList<>();
  private final Set<String> tried = new HashSet<>();
  private int order;
  private @Nullable JsonNode probed;
  private final List<LogEntry> unwritten = new ArrayList<>();
  private Instant latest = Instant.EPOCH;

  /** Of a run, with nothing in it yet. */
  Journal(Statements db, Lease lease, Stop stop) {
    this.db = db;
    this.lease = lease;
    this.stop = stop;
  }

  /**
   * Reads what earlier holders of the lease have written, if there may be any, and before that what
   * the runs have that this one goes on with.
   *
   * @param snapshot says after which failures a run goes on
   */
  synchronized void recall(Snapshot snapshot) {
    if (!lease.rootId().equals(lease.id())) {
      recallEarlierRuns(snapshot);
    }
    if (lease.hasHistory()) {
      RunTable.history(db, lease.id(), notBefore(lease.id())).forEach(this::recall);
    }
  }

  /**
   * From when on a run may have written. Its id tells the time of whoever made it, whose clock may
   * be ahead; the database's clock has the last word, since what is not found is done again.
   */
  private Instant notBefore(UUID runId) {
    Instant made = Ids.momentOf(runId);
    if (made == null) {
      return Instant.EPOCH;
    }
    return Stream.of(made, lease.admittedAt(), lease.leasedAt())
        .min(Comparator.naturalOrder())
        .orElseThrow()
        .minus(CLOCK_SLACK);
  }

  /** Where they failed, this one begins anew; other failures are those that they went on after. */
  private void recallEarlierRuns(Snapshot snapshot) {
    List<RunTable.Checkpoint> earlier =
        RunTable.historyOfRoot(db, lease.rootId(), notBefore(lease.rootId()));
    String last = earlier.isEmpty() ? "" : earlier.get(earlier.size() - 1).place().stepId();
    earlier.forEach(this::recall);
    Retries retries = new Retries(snapshot, lease.attempt());
    List<Step> steps = snapshot.pipeline().steps();
    past.entrySet()
        .removeIf(
            tried ->
                tried.getKey().stepId().equals(last)
                    && tried.getValue().last instanceof StepOutcome.Failed failed
                    && steps.stream()
                        .filter(step -> step.id().equals(last))
                        .noneMatch(step -> retries.passed(step, failed, tried.getValue().tries)));
  }

  private void recall(RunTable.Checkpoint row) {
    if (row.place().kind() == LogEntry.Kind.PROBE) {
      probed =
          row.outcome() instanceof StepOutcome.Succeeded done ? done.output() : NullNode.instance;
    } else {
      // What has succeeded is not tried again: such a row is in its place by a clock that went
      // back.
      if (!(row.outcome() instanceof StepOutcome.Failed)
          || !(last(row.place()) instanceof StepOutcome.Succeeded)) {
        add(row.place(), row.attempt(), row.outcome());
      }
    }
  }

  private void add(Place place, int attempt, StepOutcome outcome) {
    past.put(place, new Past(attempt, outcome, ++order));
    if (place.kind() == LogEntry.Kind.STEP) {
      tried.add(place.stepId());
    }
    if (place.kind() == LogEntry.Kind.STEP && outcome instanceof StepOutcome.Succeeded) {
      finished.add(place);
    }
  }

  /** What the probe brought that made this work a run; null when it was not decided yet. */
  synchronized @Nullable JsonNode probed() {
    return probed;
  }

  /** How the last try ended; null when there was none. */
  synchronized @Nullable StepOutcome last(Place place) {
    Past tried = past.get(place);
    return tried == null ? null : tried.last;
  }

  /** Whether elements of the step have been tried. */
  synchronized boolean hasElements(Step step) {
    return past.keySet().stream().anyMatch(place -> isElement(place, step));
  }

  /** Whether the step as a whole was tried after all of its elements. */
  synchronized boolean endsWithWhole(Step step) {
    Past whole = past.get(Place.of(step));
    return whole != null
        && past.entrySet().stream()
            .noneMatch(
                tried -> isElement(tried.getKey(), step) && tried.getValue().order > whole.order);
  }

  private static boolean isElement(Place place, Step step) {
    return place.kind() == LogEntry.Kind.STEP
        && place.item() != null
        && place.stepId().equals(step.id());
  }

  /** Whether the step, or an element of it, was ever tried. */
  synchronized boolean hasTried(Step step) {
    return tried.contains(step.id());
  }

  /** As many elements as were tried, up to the last of them: what they were is not known. */
  synchronized ArrayNode elements(Step step) {
    int size =
        past.keySet().stream()
            .filter(place -> isElement(place, step))
            .mapToInt(place -> Objects.requireNonNull(place.item()) + 1)
            .max()
            .orElse(0);
    ArrayNode elements = Json.MAPPER.createArrayNode();
    for (int i = 0; i < size; i++) {
      elements.addNull();
    }
    return elements;
  }

  /** How often it has been tried. */
  synchronized int tries(Place place) {
    Past tried = past.get(place);
    return tried == null ? 0 : tried.tries;
  }

  /** Steps and elements that have brought an output, in the order in which they did. */
  synchronized List<Place> finished() {
    return List.copyOf(finished);
  }

  /** Notes a try. Of elements that end at once, the one that is noted last ended last. */
  synchronized void note(LogEntry.Kind kind, StepTry tried) {
    add(new Place(kind, tried.stepId(), tried.item()), tried.attempt(), tried.outcome());
    append(kind, tried, false);
  }

  /** Notes for people to read a try that the end of its run has cut; nobody reads it back. */
  synchronized void noteCut(StepTry tried) {
    append(LogEntry.Kind.STEP, tried, true);
  }

  private void append(LogEntry.Kind kind, StepTry tried, boolean cut) {
    latest = tried.finishedAt().isAfter(latest) ? tried.finishedAt() : latest;
    unwritten.add(new LogEntry(lease.id(), lease.taskId(), kind, tried.endingAt(latest), cut));
  }

  /** Notes a probe that failed; one that did not is decided upon, and stored with the decision. */
  synchronized void noteProbe(StepTry probe) {
    unwritten.add(new LogEntry(lease.id(), lease.taskId(), LogEntry.Kind.PROBE, probe, false));
  }

  /** Makes durable what must not be repeated; false when the lease was lost. */
  synchronized boolean checkpoint() {
    if (unwritten.stream().allMatch(entry -> entry.step().pure())) {
      return true;
    }
    boolean held = stop.undisturbed(() -> RunTable.checkpoint(db, lease, unwritten));
    unwritten.clear();
    return held;
  }

  /** Begins the rollback, durably and together with all that is not written yet. */
  synchronized RunTable.Turn rollBack() {
    RunTable.Turn turn = stop.undisturbed(() -> turn());
    unwritten.clear();
    return turn;
  }

  private RunTable.Turn turn() {
    RunTable.Turn turn = RunTable.rollBack(db, lease, unwritten);
    if (turn == RunTable.Turn.ROLLBACK) {
      stop.rollBack();
    }
    return turn;
  }

  /** Forgets the tries that no checkpoint has written. */
  synchronized void discard() {
    unwritten.clear();
  }

  /** The tries that no checkpoint has written. */
  synchronized List<LogEntry> unwritten() {
    return List.copyOf(unwritten);
  }

  /**
   * What was tried at a place.
   *
   * @param order grows from one try of the run to the next
   */
  private record Past(int tries, StepOutcome last, int order) {}
}

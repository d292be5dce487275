package io.ordinaut.worker.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.ordinaut.pipeline.Context;
import io.ordinaut.pipeline.Step;
import io.ordinaut.store.Statements;
import io.ordinaut.work.Ids;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.step.StepTry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a run has done so far: read back after a crash or a retry, written before it goes on. */
final class Journal {
  private static final Duration CLOCK_SLACK = Duration.ofHours(1);

  private final Statements db;
  private final Lease lease;
  private final Map<String, Integer> tries = new HashMap<>();
  private final Map<String, RunTable.Checkpoint> finished = new HashMap<>();
  private @Nullable JsonNode probed;
  private final List<LogEntry> unwritten = new ArrayList<>();

  /** Of a run, with nothing in it yet. */
  Journal(Statements db, Lease lease) {
    this.db = db;
    this.lease = lease;
  }

  /** Reads what earlier holders of the lease have written, if there may be any. */
  void recall() {
    if (lease.hasHistory()) {
      Instant made = Ids.momentOf(lease.id());
      Instant notBefore = made == null ? Instant.EPOCH : made.minus(CLOCK_SLACK);
      RunTable.history(db, lease.id(), notBefore).forEach(this::recall);
    }
  }

  private void recall(RunTable.Checkpoint checkpoint) {
    if (checkpoint.kind() == LogEntry.Kind.PROBE) {
      JsonNode value = checkpoint.output();
      probed = value == null ? NullNode.instance : value;
      return;
    }
    tries.merge(checkpoint.stepId(), checkpoint.attempt(), Math::max);
    if (!checkpoint.status().equals("failed")) {
      finished.put(checkpoint.stepId(), checkpoint);
    }
  }

  /** Restores a step that finished before; false when it did not. */
  boolean restore(Step step, Context context) {
    RunTable.Checkpoint checkpoint = finished.get(step.id());
    if (checkpoint == null) {
      return false;
    }
    if (checkpoint.status().equals("skipped")) {
      context.skip(step);
    } else {
      JsonNode output = checkpoint.output();
      context.save(step, output == null ? NullNode.instance : output);
    }
    return true;
  }

  /** What the probe brought that made this work a run; null when it was not decided yet. */
  @Nullable JsonNode probed() {
    return probed;
  }

  /** How often a step has been tried. */
  int triesOf(Step step) {
    return tries.getOrDefault(step.id(), 0);
  }

  /** Notes a try. */
  void note(StepTry step) {
    tries.put(step.stepId(), step.attempt());
    unwritten.add(new LogEntry(lease.id(), lease.taskId(), LogEntry.Kind.STEP, step));
  }

  /** Notes a probe that failed; one that did not is decided upon, and stored with the decision. */
  void noteProbe(StepTry probe) {
    unwritten.add(new LogEntry(lease.id(), lease.taskId(), LogEntry.Kind.PROBE, probe));
  }

  /** Makes durable what must not be repeated; false when the lease was lost. */
  boolean checkpoint() {
    if (unwritten.stream().allMatch(entry -> entry.step().pure())) {
      return true;
    }
    boolean held = RunTable.checkpoint(db, lease, unwritten);
    unwritten.clear();
    return held;
  }

  /** Forgets the tries that no checkpoint has written. */
  void discard() {
    unwritten.clear();
  }

  /** The tries that no checkpoint has written. */
  List<LogEntry> unwritten() {
    return List.copyOf(unwritten);
  }
}

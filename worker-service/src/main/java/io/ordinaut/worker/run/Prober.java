package io.ordinaut.worker.run;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.json.Json;
import io.ordinaut.pipeline.Context;
import io.ordinaut.pipeline.ExpressionException;
import io.ordinaut.pipeline.StepOutcome;
import io.ordinaut.work.RunStatus;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.step.StepCall;
import io.ordinaut.worker.step.StepTry;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the condition of a task and decides whether the work that looks becomes a run. What was
 * decided is not asked again: a run that was started goes on after a crash, whatever its condition
 * is by then.
 */
final class Prober {
  private final Run run;
  private final Lease lease;
  private final Journal journal;
  private final Context context;

  Prober(Run run) {
    this.run = run;
    this.lease = run.lease();
    this.journal = run.journal();
    this.context = run.context();
  }

  /** Null when the pipeline is to run, else why it is not. */
  @Nullable RunOutcome look(ConditionTrigger trigger) {
    JsonNode probed = journal.probed();
    if (probed != null) {
      return triggered(probed);
    }
    if (run.isStopped()) {
      return run.stopped();
    }
    Optional<ConditionTable.Look> look = ConditionTable.begin(run.db(), lease);
    if (look.isEmpty()) {
      return new RunOutcome.Lost();
    }
    if (!look.get().isProbe()) {
      // Somebody asked for this run, whatever the condition is.
      return null;
    }
    StepTry probe = run.call(StepCall.ofProbe(trigger.probe().call()), 1);
    if (run.isStopped()) {
      return run.stopped();
    }
    return probe.outcome() instanceof StepOutcome.Failed failed
        ? failed(probe, failed)
        : decide(
            look.get().at(), trigger, probe, ((StepOutcome.Succeeded) probe.outcome()).output());
  }

  private @Nullable RunOutcome decide(
      Instant lookedAt, ConditionTrigger trigger, StepTry probe, JsonNode value) {
    boolean isTrue;
    try {
      isTrue = trigger.condition().holds(context.ofCondition(value, lease.now()));
    } catch (ExpressionException e) {
      if (run.isStopped()) {
        return run.stopped();
      }
      StepOutcome.Failed undecided =
          new StepOutcome.Failed(
              ErrorCode.CONDITION_ERROR, "The condition can't be decided: " + e.getMessage());
      return failed(probe.endingWith(undecided), undecided);
    }
    Optional<Boolean> fires =
        ConditionTable.decide(run.db(), lease, trigger.probe(), lookedAt, probe, isTrue);
    if (fires.isEmpty()) {
      return new RunOutcome.Lost();
    }
    return fires.get() ? triggered(value) : new RunOutcome.NotTriggered();
  }

  private @Nullable RunOutcome triggered(JsonNode probed) {
    context.startedBy(Json.object().set("probe", probed));
    return null;
  }

  /** Not tried again: the next look comes on its cadence. */
  private RunOutcome failed(StepTry probe, StepOutcome.Failed failed) {
    journal.noteProbe(probe);
    return new RunOutcome.Ended(
        RunStatus.FAILED, context.outputs(), failed.code(), "Probe: " + failed.message());
  }
}

package io.ordinaut.worker.run;

import com.fasterxml.jackson.databind.JsonNode;
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
import io.ordinaut.worker.step.StepRunner;
import io.ordinaut.worker.step.StepTry;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** The life of one run, from its first unfinished step to its end or its next pause. */
final class Execution {
  /** How often a run may lose its lease before that is taken for its own fault. */
  private static final int LOST_LEASES = 5;

  /** Longer pauses give up the slot. */
  private static final Duration LONGEST_SLEEP = Duration.ofSeconds(1);

  private final Lease lease;
  private final Snapshot snapshot;
  private final Journal journal;
  private final StepRunner steps;
  private final Stop stop;
  private final Statements db;
  private final Context context;
  private final Secrets secrets;

  Execution(
      Lease lease,
      Snapshot snapshot,
      Journal journal,
      StepRunner steps,
      Stop stop,
      Statements db,
      Secrets secrets) {
    this.secrets = secrets;
    this.lease = lease;
    this.snapshot = snapshot;
    this.journal = journal;
    this.steps = steps;
    this.stop = stop;
    this.db = db;
    this.context = context(lease, snapshot);
  }

  /** Runs as far as it gets. */
  RunOutcome run() throws InterruptedException {
    if (lease.lostLeases() > LOST_LEASES) {
      return failed(
          ErrorCode.LEASE_LOST, "Its worker was lost " + lease.lostLeases() + " times; given up.");
    }
    if (!snapshot.faults().isEmpty()) {
      return failed(
          ErrorCode.TEMPLATE_ERROR,
          snapshot.faults().get(0).field() + " " + snapshot.faults().get(0).message());
    }
    if (snapshot.trigger() != null) {
      RunOutcome stopped =
          new Prober(db, lease, journal, steps, stop, context, secrets).look(snapshot.trigger());
      if (stopped != null) {
        return stopped;
      }
    }
    for (Step step : snapshot.pipeline().steps()) {
      if (stop.reason() != null) {
        return stop.outcome(context.outputs());
      }
      if (journal.restore(step, context)) {
        continue;
      }
      RunOutcome stopped = finish(step);
      if (stopped != null) {
        return stopped;
      }
    }
    return new RunOutcome.Ended(RunStatus.SUCCESS, context.outputs(), null, null);
  }

  /** Tries a step until it is done; null when the run goes on, else why it stops here. */
  private @Nullable RunOutcome finish(Step step) throws InterruptedException {
    while (true) {
      StepTry tried = steps.run(step, context, journal.triesOf(step) + 1, lease, secrets);
      if (stop.reason() != null && tried.outcome() instanceof StepOutcome.Failed) {
        return stop.outcome(context.outputs());
      }
      journal.note(tried);
      if (tried.outcome() instanceof StepOutcome.Failed failed) {
        RunOutcome stopped = afterFailure(step, failed);
        if (stopped != null) {
          return stopped;
        }
        Thread.sleep(step.retryDelay().toMillis());
        continue;
      }
      if (tried.outcome() instanceof StepOutcome.Succeeded done) {
        context.save(step, done.output());
      } else {
        context.skip(step);
      }
      return journal.checkpoint() ? null : new RunOutcome.Lost();
    }
  }

  /** What a failed try means: null when the step is tried again at once. */
  private @Nullable RunOutcome afterFailure(Step step, StepOutcome.Failed failed) {
    String what = "Step " + step.id() + ": " + failed.message();
    if (!failed.code().retryable()) {
      return failed(failed.code(), what);
    }
    if (step.retryCount() > 0) {
      if (journal.triesOf(step) >= step.retryCount()) {
        return exhausted(what);
      }
      if (step.retryDelay().compareTo(LONGEST_SLEEP) > 0) {
        return new RunOutcome.Parked(step.retryDelay(), lease.attempt());
      }
      return journal.checkpoint() ? null : new RunOutcome.Lost();
    }
    if (lease.attempt() > snapshot.maxRetries()) {
      return exhausted(what);
    }
    Duration delay = snapshot.backoff().after(lease.attempt(), ThreadLocalRandom.current());
    return new RunOutcome.Parked(delay, lease.attempt() + 1);
  }

  private RunOutcome exhausted(String what) {
    return failed(ErrorCode.RETRIES_EXHAUSTED, "Max retries exhausted. " + what);
  }

  private RunOutcome failed(ErrorCode code, String message) {
    return new RunOutcome.Ended(RunStatus.FAILED, context.outputs(), code, message);
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
    run.put("id", lease.id().toString());
    run.put("run_at", lease.runAt().toString());
    run.put("attempt", lease.attempt());
    return new Context(
        params, trigger.has("event") ? trigger.get("event") : NullNode.instance, task, run);
  }
}

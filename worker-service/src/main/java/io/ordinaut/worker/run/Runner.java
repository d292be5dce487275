package io.ordinaut.worker.run;

import io.ordinaut.failure.ErrorCode;
import io.ordinaut.json.Json;
import io.ordinaut.store.Db;
import io.ordinaut.store.DbException;
import io.ordinaut.work.RunStatus;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.observe.RunObserver;
import io.ordinaut.worker.secret.Secrets;
import io.ordinaut.worker.secret.Vault;
import io.ordinaut.worker.step.CallTimer;
import io.ordinaut.worker.step.StepRunner;
import io.ordinaut.worker.tool.Tools;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Runs leased work on the calling thread and hands its end to be written. */
public final class Runner implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Runner.class);

  private final Db db;
  private final RunObserver observer;
  private final CallTimer timer = new CallTimer();
  private final Tools tools;
  private final StepRunner steps;
  private final Vault vault;
  private final Snapshots snapshots = new Snapshots();
  private final Finisher finisher;
  private final AtomicInteger laneNumber = new AtomicInteger();
  private final ExecutorService lanes =
      Executors.newCachedThreadPool(
          body -> new Thread(body, "ordinaut-item-" + laneNumber.incrementAndGet()));

  /**
   * @param db the database
   * @param workerId under whose name runs are recorded
   * @param tools that steps may use
   * @param vault has the secrets that steps may use
   * @param observer counts what becomes of runs
   */
  public Runner(Db db, String workerId, Tools tools, Vault vault, RunObserver observer) {
    this.db = db;
    this.vault = vault;
    this.observer = observer;
    this.tools = tools;
    this.steps = new StepRunner(tools, timer, observer);
    this.finisher = new Finisher(db, workerId);
  }

  /**
   * Runs as far as the work gets.
   *
   * @param stop by which others tell the run to stop
   * @return what became of it, once the database has it
   */
  public CompletableFuture<RunOutcome> run(Lease lease, Stop stop) {
    Instant startedAt = lease.startedAt() == null ? lease.now() : lease.startedAt();
    TimeLimit limit = new TimeLimit(db, lease, startedAt, stop, timer);
    Journal journal = new Journal(db, lease, stop);
    RunOutcome outcome;
    if (lease.rollingBack()) {
      stop.rollBack();
    } else if (lease.cancelRequested()) {
      stop.now(Stop.Reason.CANCELED);
    }
    try {
      outcome = outcome(lease, journal, stop, limit);
    } finally {
      limit.close();
      stop.end();
    }
    return written(lease, startedAt, outcome, journal, limit);
  }

  private RunOutcome outcome(Lease lease, Journal journal, Stop stop, TimeLimit limit) {
    Secrets secrets =
        lease.goesOn()
            ? new Secrets(vault::values, names -> vault.past(names, lease.admittedAt()))
            : new Secrets(vault::values);
    try {
      Snapshot snapshot = snapshots.of(lease.payload());
      journal.recall(snapshot);
      secrets.expect(snapshot.secrets());
      if (lease.goesOn()) {
        secrets.expect(tools.secretsOf(snapshot.tools()));
      }
      if (!limit.begin(snapshot.timeout())) {
        return new RunOutcome.Lost();
      }
      // Not before: a run that is stopped already needs its past for its end.
      stop.begin();
      return new Execution(new Run(lease, snapshot, journal, steps, stop, db, secrets), lanes)
          .run();
    } catch (DbException e) {
      // The interrupt that stops a run may meet it while it waits for the database.
      if (stop.reason() != null) {
        return stop.outcome(Json.object());
      }
      if (!e.isUnavailable()) {
        return unstorable(journal, secrets.mask(String.valueOf(e.getMessage())));
      }
      LOG.warnf("Run %s is left to the next holder of its lease: %s", lease.id(), e.getMessage());
      return new RunOutcome.Lost();
    } catch (RuntimeException | Error e) {
      // Left to its lease it would do the same to the next worker.
      if (stop.reason() != null) {
        return stop.outcome(Json.object());
      }
      String why = e.getMessage() == null ? e.getClass().getName() : secrets.mask(e.getMessage());
      LOG.errorf(
          "Run %s can't be run: %s: %s%s", lease.id(), e.getClass().getName(), why, where(e));
      return new RunOutcome.Ended(
          RunStatus.FAILED,
          Json.object(),
          ErrorCode.TEMPLATE_ERROR,
          "The payload can't be run: " + why);
    }
  }

  /** The stack without the messages in it, which may quote what a step was given. */
  private static String where(Throwable e) {
    return Arrays.stream(e.getStackTrace())
        .map(frame -> System.lineSeparator() + "\tat " + frame)
        .collect(Collectors.joining());
  }

  /** What the steps brought can't be stored: trying again would only repeat their effects. */
  private static RunOutcome.Ended unstorable(Journal journal, String why) {
    journal.discard();
    return new RunOutcome.Ended(
        RunStatus.FAILED,
        Json.object(),
        ErrorCode.OUTPUT_INVALID,
        "What a step brought can't be stored: " + why);
  }

  private RunOutcome lost() {
    observer.leaseLost();
    return new RunOutcome.Lost();
  }

  private CompletableFuture<RunOutcome> written(
      Lease lease, Instant startedAt, RunOutcome outcome, Journal journal, TimeLimit limit) {
    RunOutcome reached = outcome;
    if (outcome instanceof RunOutcome.Parked parked) {
      reached = parked(lease, startedAt, parked, journal, limit);
    }
    if (reached instanceof RunOutcome.Ended end) {
      return finished(lease, startedAt, end, journal)
          .thenApply(held -> held ? ended(end, startedAt, lease) : lost());
    }
    if (reached instanceof RunOutcome.NotTriggered nothing) {
      return finished(lease, startedAt, null, journal)
          .thenApply(held -> held ? notTriggered(nothing) : lost());
    }
    return CompletableFuture.completedFuture(reached instanceof RunOutcome.Lost ? lost() : reached);
  }

  /** Hands over what is over; whether the lease was still held. */
  private CompletableFuture<Boolean> finished(
      Lease lease, Instant startedAt, RunOutcome.@Nullable Ended run, Journal journal) {
    CompletableFuture<Boolean> written = new CompletableFuture<>();
    finisher.submit(new Ending(lease, startedAt, run, journal.unwritten(), written));
    return written;
  }

  private RunOutcome notTriggered(RunOutcome.NotTriggered nothing) {
    observer.notTriggered();
    return nothing;
  }

  private RunOutcome ended(RunOutcome.Ended end, Instant startedAt, Lease lease) {
    if (end.status() != RunStatus.SUCCESS) {
      LOG.infof(
          "Run %s of task %s, cause %s, ended as %s in attempt %s%s.",
          lease.id(),
          lease.taskId(),
          lease.cause(),
          end.status().stored(),
          lease.attempt(),
          end.code() == null ? "" : ", with the code " + end.code().code());
    }
    observer.ended(end.status(), Duration.between(startedAt, lease.now()));
    return end;
  }

  private RunOutcome parked(
      Lease lease, Instant startedAt, RunOutcome.Parked parked, Journal journal, TimeLimit limit) {
    try {
      if (RunTable.park(db, lease, startedAt, parked, limit.end(), journal.unwritten())) {
        if (parked.until() == null) {
          observer.parked();
        }
        return parked;
      }
    } catch (DbException e) {
      if (!e.isUnavailable()) {
        return unstorable(journal, String.valueOf(e.getMessage()));
      }
      LOG.warnf("Run %s could not be parked: %s", lease.id(), e.getMessage());
    }
    return new RunOutcome.Lost();
  }

  /** Runs that have ended and are not yet written. */
  public int unwritten() {
    return finisher.unwritten();
  }

  /** Waits until what has ended is written, then stops. */
  @Override
  public void close() {
    lanes.shutdownNow();
    finisher.close();
    timer.close();
  }
}

package io.ordinaut.worker.run;

import io.ordinaut.store.Db;
import io.ordinaut.store.DbException;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.step.CallTimer;
import io.ordinaut.worker.step.StepRunner;
import io.ordinaut.worker.tool.Tools;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import org.jboss.logging.Logger;

/** Runs leased work on the calling thread and hands its end to be written. */
public final class Runner implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Runner.class);

  private final Db db;
  private final CallTimer timer = new CallTimer();
  private final StepRunner steps;
  private final Snapshots snapshots = new Snapshots();
  private final Finisher finisher;

  /**
   * @param db the database
   * @param workerId under whose name runs are recorded
   * @param tools that steps may use
   */
  public Runner(Db db, String workerId, Tools tools) {
    this.db = db;
    this.steps = new StepRunner(tools, timer);
    this.finisher = new Finisher(db, workerId);
  }

  /**
   * Runs as far as the work gets.
   *
   * @return what became of it, once the database has it
   */
  public CompletableFuture<RunOutcome> run(Lease lease) {
    Instant startedAt = lease.startedAt() == null ? lease.now() : lease.startedAt();
    try {
      Journal journal = Journal.open(db, lease);
      Execution execution = new Execution(lease, snapshots.of(lease.payload()), journal, steps);
      return written(lease, startedAt, execution.run(), journal);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return CompletableFuture.completedFuture(new RunOutcome.Lost());
    } catch (DbException e) {
      LOG.warnf("Run %s is left to the next holder of its lease: %s", lease.id(), e.getMessage());
      return CompletableFuture.completedFuture(new RunOutcome.Lost());
    }
  }

  private CompletableFuture<RunOutcome> written(
      Lease lease, Instant startedAt, RunOutcome outcome, Journal journal) {
    if (outcome instanceof RunOutcome.Ended end) {
      CompletableFuture<Boolean> written = new CompletableFuture<>();
      finisher.submit(new Ending(lease, startedAt, end, journal.unwritten(), written));
      return written.thenApply(held -> held ? end : new RunOutcome.Lost());
    }
    if (outcome instanceof RunOutcome.Parked parked
        && !RunTable.park(db, lease, startedAt, parked, journal.unwritten())) {
      outcome = new RunOutcome.Lost();
    }
    return CompletableFuture.completedFuture(outcome);
  }

  /** Waits until what has ended is written, then stops. */
  @Override
  public void close() {
    finisher.close();
    timer.close();
  }
}

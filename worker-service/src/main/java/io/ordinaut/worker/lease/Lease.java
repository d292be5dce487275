package io.ordinaut.worker.lease;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A piece of work that this worker holds until its lease runs out.
 *
 * @param id of the work and of its run
 * @param taskId whose work it is; null for work without a task
 * @param taskTitle the task's title, empty without a task
 * @param runAt nominal time
 * @param attempt which attempt this is, from 1
 * @param lostLeases how often a worker lost it
 * @param token fences what this holder writes
 * @param payload what to run, as JSON text
 * @param trigger params and event, as JSON text; null when there are none
 * @param startedAt when it first started; null if it never did
 * @param deadline when its time is over; null while nobody has begun it, or when it has any
 * @param cancelRequested whether somebody has asked for its end
 * @param cause what made the work, for people to read
 * @param keyed whether others may wait for its end, under its concurrency key
 * @param rootId the run whose idempotency keys its calls carry: its own, unless it goes on with
 *     another one
 * @param agentId whose work it is
 * @param depth how many runs and events led to it
 * @param rollingBack whether its finished steps are being compensated
 * @param admittedAt when a worker first took it, by the database's clock
 * @param leasedAt the database's clock when the lease was given
 * @param answeredNanos this process's monotonic clock just after
 */
public record Lease(
    UUID id,
    @Nullable UUID taskId,
    String taskTitle,
    Instant runAt,
    int attempt,
    int lostLeases,
    UUID token,
    String payload,
    @Nullable String trigger,
    @Nullable Instant startedAt,
    @Nullable Instant deadline,
    boolean cancelRequested,
    String cause,
    boolean keyed,
    UUID rootId,
    UUID agentId,
    int depth,
    boolean rollingBack,
    Instant admittedAt,
    Instant leasedAt,
    long answeredNanos) {
  /** The time now by the database's clock, carried on by this process's monotonic clock. */
  public Instant now() {
    return leasedAt.plusNanos((System.nanoTime() - answeredNanos) / 1_000 * 1_000);
  }

  /** Whether earlier tries may have left checkpoints. */
  public boolean hasHistory() {
    return attempt > 1 || lostLeases > 0 || startedAt != null;
  }

  /** Whether tools may have been called before, by this run or by one that it repeats. */
  public boolean goesOn() {
    return hasHistory() || !rootId.equals(id);
  }
}

package io.ordinaut.worker.run;

import io.ordinaut.store.Statements;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.step.CallTimer;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Stops a run whose time is over. The time counts from the run's first start by the database's
 * clock, waits and other workers included; a rollback that has begun is not cut.
 */
final class TimeLimit implements AutoCloseable {
  private final Statements db;
  private final Lease lease;
  private final Instant startedAt;
  private final Stop stop;
  private final CallTimer timer;
  private @Nullable Instant end;
  private @Nullable Future<?> alarm;

  /**
   * @param startedAt when the run first started
   * @param stop tells the run
   */
  TimeLimit(Statements db, Lease lease, Instant startedAt, Stop stop, CallTimer timer) {
    this.db = db;
    this.lease = lease;
    this.startedAt = startedAt;
    this.stop = stop;
    this.timer = timer;
  }

  /**
   * Begins to watch.
   *
   * @param longest how long the run may take; null for any time
   * @return whether the lease is still held
   */
  boolean begin(@Nullable Duration longest) {
    if (lease.rollingBack()) {
      return true;
    }
    // What was once said stays: whoever claims a run after its deadline must not go on with it.
    Instant known = lease.deadline();
    if (known == null && longest == null) {
      return true;
    }
    Instant limit = known == null ? startedAt.plus(longest) : known;
    end = limit;
    Duration whole = Duration.between(startedAt, limit);
    Duration left = Duration.between(lease.now(), limit);
    if (left.isNegative() || left.isZero()) {
      stop.timeOut(whole);
      return true;
    }
    alarm = timer.after(left, () -> stop.timeOut(whole));
    return known != null || RunTable.begin(db, lease, startedAt, limit);
  }

  /** When the run's time is over; null when it has any. */
  @Nullable Instant end() {
    return end;
  }

  @Override
  public void close() {
    if (alarm != null) {
      alarm.cancel(false);
    }
  }
}

package io.ordinaut.worker.loop;

import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.run.Stop;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** A lease in a worker's hand, from the claim until the database has its outcome. */
final class Held {
  private final Lease lease;
  private final Stop stop = new Stop();
  private final AtomicBoolean over = new AtomicBoolean();
  private volatile @Nullable Instant startedAt;

  Held(Lease lease) {
    this.lease = lease;
    this.startedAt = lease.startedAt();
  }

  Lease lease() {
    return lease;
  }

  Stop stop() {
    return stop;
  }

  /** Notes that its pipeline begins now. */
  void begin() {
    if (startedAt == null) {
      startedAt = lease.now();
    }
  }

  /** When it first started; null while it waits in the queue. */
  @Nullable Instant startedAt() {
    return startedAt;
  }

  /** Notes that its pipeline is over, so that its row may vanish at any time. */
  void pipelineOver() {
    over.set(true);
  }

  /** Whether its row must still be there. */
  boolean mustBeHeld() {
    return !over.get();
  }
}

package io.ordinaut.service;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Wakes a sleeping loop. Rings while nobody sleeps are remembered as one. */
public final class Bell {
  private final Semaphore rung = new Semaphore(0);

  /** Wakes the sleeper, or keeps the next sleep from beginning. */
  public void ring() {
    if (rung.availablePermits() == 0) {
      rung.release();
    }
  }

  /**
   * Sleeps until the bell rings, or the time is over.
   *
   * @return whether it rang
   */
  public boolean await(Duration longest) throws InterruptedException {
    boolean rang = rung.tryAcquire(Math.max(0, longest.toNanos()), TimeUnit.NANOSECONDS);
    if (rang) {
      rung.drainPermits();
    }
    return rang;
  }
}

package io.ordinaut.tests.bench;

import static org.awaitility.Awaitility.await;

import io.ordinaut.tests.utils.Harness;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.loop.Worker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Work that goes on while something else is measured: each of its threads emits, leases and ends
 * work that does nothing, and times every step.
 */
final class Load implements AutoCloseable {
  private static final int BATCH = 20;
  private static final int THREADS = 2;

  private static final String EMIT =
      """
      INSERT INTO due_work_open (run_at, payload)
      SELECT now(), '{"pipeline": []}' FROM generate_series(1, $1)""";

  private final Harness db;
  private final AtomicLong ended = new AtomicLong();
  private final AtomicLong longestNanos = new AtomicLong();
  private final Queue<RuntimeException> failures = new ConcurrentLinkedQueue<>();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean closed;

  Load(Harness db) {
    this.db = db;
    for (int i = 0; i < THREADS; i++) {
      Worker worker = db.worker("load " + i);
      Thread thread = new Thread(() -> work(worker), "load " + i);
      thread.start();
      threads.add(thread);
    }
  }

  private void work(Worker worker) {
    while (!closed) {
      try {
        timed(() -> db.execute(EMIT, BATCH));
        List<Lease> leases = new ArrayList<>();
        timed(() -> leases.addAll(worker.lease(BATCH).leases()));
        for (Lease lease : leases) {
          timed(() -> worker.execute(lease));
          ended.incrementAndGet();
        }
      } catch (RuntimeException e) {
        failures.add(e);
      }
    }
  }

  private void timed(Runnable step) {
    long start = System.nanoTime();
    step.run();
    long took = System.nanoTime() - start;
    longestNanos.accumulateAndGet(took, Math::max);
  }

  /** Runs that ended in a second, over the time given. */
  double rate(Duration over) {
    long before = ended.get();
    long start = System.nanoTime();
    await().atMost(over.multipliedBy(10)).pollDelay(over).until(() -> true);
    return (ended.get() - before) * 1e9 / (System.nanoTime() - start);
  }

  /** The longest step since this was last asked, in milliseconds. */
  double longestMillis() {
    return longestNanos.getAndSet(0) / 1e6;
  }

  List<RuntimeException> failures() {
    return List.copyOf(failures);
  }

  @Override
  public void close() throws InterruptedException {
    closed = true;
    for (Thread thread : threads) {
      thread.join();
    }
  }
}

package io.ordinaut.worker.loop;

import io.ordinaut.service.Bell;
import io.ordinaut.store.Db;
import io.ordinaut.stream.NudgeStream;
import io.ordinaut.work.Ids;
import io.ordinaut.worker.lease.Claim;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.lease.LeaseTable;
import io.ordinaut.worker.run.RunOutcome;
import io.ordinaut.worker.run.Runner;
import io.ordinaut.worker.tool.Tools;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/** Leases due work and runs it, a bounded number at once. */
public final class Worker implements AutoCloseable {
  private static final Short[] MOST_URGENT_FIRST = startingAt(1);
  private static final int EVERY_TENTH = 10;
  private static final Duration GRACE = Duration.ofSeconds(8);
  private static final long EXPIRED_EVERY_NANOS = Duration.ofSeconds(1).toNanos();

  private final String id;
  private final Db db;
  private final NudgeStream nudges;
  private final WorkerConfig config;
  private final Runner runner;
  private final ThreadPoolExecutor threads;
  private final AtomicInteger inHand = new AtomicInteger();
  private final AtomicInteger finishedSinceClaim = new AtomicInteger();
  private final Bell bell;
  private int claims;
  private long expiredLookedAt = System.nanoTime() - EXPIRED_EVERY_NANOS;

  /**
   * @param id unique among all workers
   * @param bell rung when a slot becomes free
   */
  public Worker(String id, Db db, NudgeStream nudges, WorkerConfig config, Bell bell) {
    this.id = id;
    this.db = db;
    this.nudges = nudges;
    this.config = config;
    this.bell = bell;
    this.runner = new Runner(db, id, new Tools(config.testTools()));
    AtomicInteger number = new AtomicInteger();
    this.threads =
        new ThreadPoolExecutor(
            config.capacity(),
            config.capacity(),
            30,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            body -> new Thread(body, "ordinaut-run-" + number.incrementAndGet()));
    this.threads.allowCoreThreadTimeOut(true);
  }

  /** The name under which this worker holds leases. */
  public String id() {
    return id;
  }

  /** Whether another piece of work could be taken. */
  public boolean hasFreeSlots() {
    return inHand.get() < config.capacity();
  }

  /**
   * One turn: leases what fits and starts it.
   *
   * @return how long to sleep if nothing rings
   */
  public Duration turn() {
    int wanted = wanted();
    if (wanted <= 0) {
      return config.poll();
    }
    Claim claim = lease(wanted);
    claim.leases().forEach(this::start);
    if (claim.leases().size() == wanted) {
      nudges.send(NudgeStream.WORK);
      return Duration.ZERO;
    }
    return claim.untilNext();
  }

  /**
   * Free slots, and as many again as were finished since the last claim: that many are likely to be
   * finished soon. Runs that hang finish nothing, so nothing waits behind them.
   */
  private int wanted() {
    int ahead = finishedSinceClaim.getAndSet(0);
    int room = config.capacity() + ahead - inHand.get();
    return Math.min(room, config.batchSize());
  }

  /** Leases due work. */
  public Claim lease(int limit) {
    boolean expiredToo = System.nanoTime() - expiredLookedAt >= EXPIRED_EVERY_NANOS;
    if (expiredToo) {
      expiredLookedAt = System.nanoTime();
    }
    return LeaseTable.take(db, id, Ids.next(), classes(), limit, config.lease(), expiredToo);
  }

  /** Every tenth claim begins at another class, so that none waits for ever. */
  private Short[] classes() {
    int claim = claims++;
    return claim % EVERY_TENTH == EVERY_TENTH - 1
        ? startingAt(2 + claim / EVERY_TENTH % 8)
        : MOST_URGENT_FIRST;
  }

  private static Short[] startingAt(int first) {
    return IntStream.range(0, 9)
        .mapToObj(i -> (short) ((first - 1 + i) % 9 + 1))
        .toArray(Short[]::new);
  }

  private void start(Lease lease) {
    inHand.incrementAndGet();
    threads.execute(new Job(lease));
  }

  /** Runs a lease on the calling thread and waits until its outcome is stored. */
  public RunOutcome execute(Lease lease) {
    return runner.run(lease).join();
  }

  private void ended() {
    boolean wasFull = inHand.getAndDecrement() >= config.capacity();
    finishedSinceClaim.incrementAndGet();
    if (wasFull) {
      bell.ring();
    }
  }

  /** Stops: hands back what was not begun, lets what runs finish within the grace time. */
  @Override
  public void close() {
    List<Runnable> queued = new ArrayList<>();
    threads.getQueue().drainTo(queued);
    threads.shutdown();
    List<Lease> notBegun = queued.stream().map(job -> ((Job) job).lease).toList();
    try {
      if (!notBegun.isEmpty()) {
        LeaseTable.handBack(db, notBegun);
        nudges.send(NudgeStream.WORK);
      }
      if (!threads.awaitTermination(GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
        threads.shutdownNow();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      runner.close();
    }
  }

  /** A lease in the queue of the threads. */
  private final class Job implements Runnable {
    private final Lease lease;

    Job(Lease lease) {
      this.lease = lease;
    }

    @Override
    public void run() {
      try {
        CompletableFuture<RunOutcome> outcome = runner.run(lease);
        outcome.whenComplete((done, failure) -> ended());
      } catch (RuntimeException | Error e) {
        ended();
        throw e;
      }
    }
  }
}

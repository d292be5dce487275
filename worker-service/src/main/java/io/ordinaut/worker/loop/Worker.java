package io.ordinaut.worker.loop;

import io.ordinaut.service.Bell;
import io.ordinaut.store.Columns;
import io.ordinaut.store.Db;
import io.ordinaut.store.DbException;
import io.ordinaut.stream.NudgeStream;
import io.ordinaut.work.Ids;
import io.ordinaut.worker.heartbeat.Vitals;
import io.ordinaut.worker.lease.Claim;
import io.ordinaut.worker.lease.KeyedLeaseTable;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.lease.LeaseTable;
import io.ordinaut.worker.observe.RunObserver;
import io.ordinaut.worker.run.RunOutcome;
import io.ordinaut.worker.run.Runner;
import io.ordinaut.worker.run.Stop;
import io.ordinaut.worker.secret.Vault;
import io.ordinaut.worker.tool.Tools;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Leases due work and runs it, a bounded number at once, and keeps the leases alive meanwhile. */
public final class Worker implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Worker.class);
  private static final Short[] MOST_URGENT_FIRST = startingAt(1);
  private static final UUID[] NONE = {};
  private static final int EVERY_TENTH = 10;
  private static final long EXPIRED_EVERY_NANOS = Duration.ofSeconds(1).toNanos();

  private final String id;
  private final Db db;
  private final NudgeStream nudges;
  private final WorkerConfig config;
  private final RunObserver observer;
  private final Runner runner;
  private final ThreadPoolExecutor threads;
  private final Map<UUID, Held> held = new ConcurrentHashMap<>();
  private final AtomicInteger finishedSinceClaim = new AtomicInteger();
  private final KeyedLeaseTable keyed = new KeyedLeaseTable();
  private final Bell bell;
  private int claims;

  /** Whether the last claim saw work under keys that is due, and the last look at it found room. */
  private boolean keyedDue;

  private boolean keyedRuns = true;
  private long expiredLookedAt = System.nanoTime() - EXPIRED_EVERY_NANOS;
  private long renewedAt = System.nanoTime();

  /**
   * @param id unique among all workers
   * @param bell rung when a slot becomes free
   * @param tools that steps may use; closed by whoever made them
   * @param vault has the secrets that steps may use
   * @param observer counts what becomes of runs
   */
  public Worker(
      String id,
      Db db,
      NudgeStream nudges,
      WorkerConfig config,
      Bell bell,
      Tools tools,
      Vault vault,
      RunObserver observer) {
    this.id = id;
    this.db = db;
    this.nudges = nudges;
    this.config = config;
    this.bell = bell;
    this.observer = observer;
    this.runner = new Runner(db, id, tools, vault, observer);
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

  /** Counts what became of its runs. */
  public RunObserver observer() {
    return observer;
  }

  /** Runs that have ended and are not yet written. */
  public int unwritten() {
    return runner.unwritten();
  }

  /** What it does at this moment. */
  public Vitals vitals() {
    return new Vitals(
        config.capacity(), threads.getActiveCount(), observer.finished(), observer.leasesLost());
  }

  /** Whether another piece of work could be taken. */
  public boolean hasFreeSlots() {
    return held.size() < config.capacity();
  }

  /**
   * One turn: leases what fits and starts it.
   *
   * @return how long to sleep if nothing rings
   */
  public Duration turn() {
    int wanted = wanted();
    if (wanted <= 0) {
      return nudges.longestSleep(config.poll());
    }
    Claim claim = lease(wanted);
    claim.leases().forEach(this::start);
    if (claim.leases().size() == wanted) {
      nudges.send(NudgeStream.WORK);
      return Duration.ZERO;
    }
    Duration longest = nudges.longestSleep(config.poll());
    return claim.untilNext().compareTo(longest) < 0 ? claim.untilNext() : longest;
  }

  /**
   * Free slots, and as many again as were finished since the last claim: that many are likely to be
   * finished soon. Runs that hang finish nothing, so nothing waits behind them.
   */
  private int wanted() {
    int ahead = finishedSinceClaim.getAndSet(0);
    int room = config.capacity() + ahead - held.size();
    return Math.min(room, config.batchSize());
  }

  /** Leases due work: without keys and under keys, neither of which is to hide the other. */
  public Claim lease(int limit) {
    UUID token = Ids.next();
    boolean keyedToo = isKeyedFirst();
    List<Lease> underKeys = keyedToo ? underKeys(token, limit) : List.of();
    int left = limit - underKeys.size();
    Claim claim =
        beside(
            underKeys, () -> withoutKeys(token, left), new Claim(List.of(), Duration.ZERO, true));
    keyedDue = claim.keyedDue();
    if (keyedDue && !keyedToo && claim.leases().size() < limit) {
      keyedToo = true;
      int more = limit - claim.leases().size();
      underKeys = beside(claim.leases(), () -> underKeys(token, more), List.of());
    }
    return claim.plus(underKeys, keyedToo && keyed.isMidway());
  }

  /** What is leased already is run, also where the database fails in what follows. */
  private static <T> T beside(List<Lease> leased, Supplier<T> half, T nothing) {
    try {
      return half.get();
    } catch (DbException e) {
      if (leased.isEmpty()) {
        throw e;
      }
      LOG.warnf("Half a claim failed: %s", e.getMessage());
      return nothing;
    }
  }

  /**
   * Every second claim while it finds some that may run, else every tenth: to look at full keys
   * costs more than to look at none. It is another tenth than that of {@link #classes}.
   */
  private boolean isKeyedFirst() {
    return keyedDue && claims % (keyedRuns ? 2 : EVERY_TENTH) == 0;
  }

  private List<Lease> underKeys(UUID token, int limit) {
    List<Lease> leases = keyed.take(db, id, token, limit, config.lease());
    keyedRuns = !leases.isEmpty();
    return leases;
  }

  private Claim withoutKeys(UUID token, int limit) {
    boolean expiredToo = limit > 0 && System.nanoTime() - expiredLookedAt >= EXPIRED_EVERY_NANOS;
    if (expiredToo) {
      expiredLookedAt = System.nanoTime();
    }
    UUID[] mine = expiredToo ? held.keySet().toArray(UUID[]::new) : NONE;
    return LeaseTable.take(db, id, token, classes(), limit, config.lease(), expiredToo, mine);
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
    Held holding = new Held(lease);
    Held before = held.put(lease.id(), holding);
    if (before != null) {
      // It waited or was handed back, and is taken again before its end was noted here.
      before.stop().now(Stop.Reason.LOST);
    }
    threads.execute(new Job(holding));
  }

  /** Runs a lease on the calling thread and waits until its outcome is stored. */
  public RunOutcome execute(Lease lease) {
    return runner.run(lease, new Stop()).join();
  }

  /**
   * Looks after the leases: asks which runs are to be stopped or are lost, and renews all when a
   * third of their time has passed since they last were. To be called every second.
   */
  public void watch() {
    List<Held> holdings = List.copyOf(held.values());
    if (holdings.isEmpty()) {
      return;
    }
    List<Lease> leases = holdings.stream().map(Held::lease).toList();
    long now = System.nanoTime();
    Map<UUID, Boolean> found;
    if (now - renewedAt >= config.lease().toNanos() / 3) {
      found = LeaseTable.renew(db, leases, startedAt(holdings), config.lease());
      renewedAt = now;
    } else {
      found = LeaseTable.watch(db, leases);
    }
    for (Held holding : holdings) {
      Boolean cancel = found.get(holding.lease().id());
      if (cancel == null && holding.mustBeHeld()) {
        holding.stop().now(Stop.Reason.LOST);
      } else if (cancel != null && cancel) {
        holding.stop().now(Stop.Reason.CANCELED);
        endIfQueued(holding);
      }
    }
  }

  /** What waits for a slot need not wait for it to end: it does so here, at once. */
  private void endIfQueued(Held holding) {
    if (holding.lease().rollingBack()) {
      return;
    }
    for (Runnable job : threads.getQueue()) {
      if (((Job) job).holding == holding && threads.remove(job)) {
        job.run();
      }
    }
  }

  private static OffsetDateTime[] startedAt(Collection<Held> holdings) {
    return holdings.stream()
        .map(holding -> Columns.argument(holding.startedAt()))
        .toArray(OffsetDateTime[]::new);
  }

  private void ended(Held holding) {
    boolean wasFull = held.size() >= config.capacity();
    held.remove(holding.lease().id(), holding);
    finishedSinceClaim.incrementAndGet();
    // Under a concurrency key the next one may have waited for this end.
    if (wasFull || holding.lease().keyed()) {
      bell.ring();
    }
  }

  /**
   * Stops: hands back what was not begun, lets what runs finish within the grace time, and hands
   * back the rest.
   */
  @Override
  public void close() {
    List<Runnable> queued = new ArrayList<>();
    threads.getQueue().drainTo(queued);
    threads.shutdown();
    List<Held> notBegun = queued.stream().map(job -> ((Job) job).holding).toList();
    handBack(notBegun);
    try {
      if (!awaitRuns(config.grace())) {
        held.values().forEach(holding -> holding.stop().now(Stop.Reason.DRAINING));
        awaitRuns(Duration.ofSeconds(2));
        // What has ended but is not written yet is the finisher's: given back, it would run again.
        handBack(held.values().stream().filter(Held::mustBeHeld).toList());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      runner.close();
    }
  }

  /** Waits for the runs under way, and keeps their leases meanwhile. */
  private boolean awaitRuns(Duration longest) throws InterruptedException {
    long end = System.nanoTime() + longest.toNanos();
    while (System.nanoTime() < end) {
      long left = Math.min(end - System.nanoTime(), Duration.ofSeconds(1).toNanos());
      if (threads.awaitTermination(Math.max(1, left), TimeUnit.NANOSECONDS)) {
        return true;
      }
      try {
        watch();
      } catch (DbException e) {
        LOG.warnf("Leases could not be renewed while draining: %s", e.getMessage());
      }
    }
    return threads.isTerminated();
  }

  private void handBack(Collection<Held> holdings) {
    List<Lease> leases = holdings.stream().map(Held::lease).toList();
    leases.forEach(lease -> held.remove(lease.id()));
    if (leases.isEmpty()) {
      return;
    }
    try {
      LeaseTable.handBack(db, leases, startedAt(holdings));
      nudges.send(NudgeStream.WORK);
    } catch (DbException e) {
      LOG.warnf("%s leases could not be handed back; they run out.", leases.size());
    }
  }

  /** A lease in the queue of the threads. */
  private final class Job implements Runnable {
    private final Held holding;

    Job(Held holding) {
      this.holding = holding;
    }

    @Override
    public void run() {
      try {
        holding.begin();
        var outcome = runner.run(holding.lease(), holding.stop());
        holding.pipelineOver();
        outcome.whenComplete(this::ended);
      } catch (RuntimeException | Error e) {
        Worker.this.ended(holding);
        throw e;
      }
    }

    private void ended(RunOutcome outcome, @Nullable Throwable failure) {
      if (outcome instanceof RunOutcome.Unfinished) {
        handBack(List.of(holding));
      }
      Worker.this.ended(holding);
    }
  }
}

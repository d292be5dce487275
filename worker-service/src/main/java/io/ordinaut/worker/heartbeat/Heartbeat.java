package io.ordinaut.worker.heartbeat;

import io.ordinaut.store.Db;
import io.ordinaut.store.DbException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/** Writes a worker's row, and removes it when the worker goes. */
public final class Heartbeat {
  private static final Logger LOG = Logger.getLogger(Heartbeat.class);
  private static final long MINUTE = Duration.ofMinutes(1).toNanos();

  private final Db db;
  private final String workerId;
  private final String host;
  private final Duration every;
  private final Supplier<Vitals> vitals;
  private final Deque<Sample> samples = new ArrayDeque<>();
  private volatile boolean draining;
  private boolean known;

  /**
   * @param workerId whose it is
   * @param host the machine's name
   * @param every how often it is to be expected
   * @param vitals what the worker says of itself when asked
   */
  public Heartbeat(Db db, String workerId, String host, Duration every, Supplier<Vitals> vitals) {
    this.db = db;
    this.workerId = workerId;
    this.host = host;
    this.every = every;
    this.vitals = vitals;
    samples.add(new Sample(System.nanoTime(), 0));
  }

  /**
   * One beat.
   *
   * @return when the next one is due
   */
  public synchronized Duration beat() {
    Vitals now = vitals.get();
    known = true;
    HeartbeatTable.beat(db, workerId, host, now, draining, inLastMinute(now.finished()), every);
    return every;
  }

  /** From the newest sample that is a minute old, or from the start. */
  private int inLastMinute(long finished) {
    long now = System.nanoTime();
    samples.addLast(new Sample(now, finished));
    Sample base = samples.removeFirst();
    while (now - samples.getFirst().nanos() >= MINUTE) {
      base = samples.removeFirst();
    }
    samples.addFirst(base);
    return (int) Math.min(Integer.MAX_VALUE, finished - base.finished());
  }

  /** Says from the next beat on that the worker takes nothing any more. */
  public void drain() {
    draining = true;
  }

  /** Removes what earlier processes of the same name left; their ids begin with the prefix. */
  public void succeed(String idPrefix) {
    HeartbeatTable.removeEarlier(db, idPrefix, workerId);
  }

  /** Removes the worker's row; a database that can't be reached finds it silent. */
  public synchronized void leave() {
    try {
      if (known) {
        HeartbeatTable.remove(db, workerId);
      }
    } catch (DbException e) {
      LOG.debugf("The heartbeat could not be removed: %s", e.getMessage());
    }
  }

  private record Sample(long nanos, long finished) {}
}

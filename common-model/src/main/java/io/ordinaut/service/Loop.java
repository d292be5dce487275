package io.ordinaut.service;

import io.ordinaut.store.DbException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * Turns a body again and again on a thread of its own until it is closed. A turn that throws is
 * logged and followed by a pause that grows, with jitter, up to two seconds.
 */
public final class Loop implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Loop.class);

  /**
   * Longer than any service goes on: what a turn answers that has nothing to do until it is called.
   */
  public static final Duration UNTIL_RUNG = Duration.ofDays(365);

  /** So that work goes on within five seconds once a database is back. */
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

  private final Bell bell;
  private final Supplier<Duration> turn;
  private final Thread thread;
  private volatile boolean closed;

  /**
   * @param name of the thread
   * @param bell cuts a sleep short
   * @param turn does one round and says how long to sleep after it
   */
  public Loop(String name, Bell bell, Supplier<Duration> turn) {
    this.bell = bell;
    this.turn = turn;
    this.thread = new Thread(this::run, name);
    this.thread.setDaemon(true);
  }

  /** Starts the thread. */
  public Loop start() {
    thread.start();
    return this;
  }

  private void run() {
    int failures = 0;
    while (!closed) {
      try {
        Duration sleep;
        try {
          sleep = turn.get();
          failures = 0;
        } catch (RuntimeException | Error e) {
          // Even an Error: a loop that is gone while its service says it is well would be worse.
          sleep = pauseAfter(++failures, e);
        }
        if (!closed && !sleep.isZero()) {
          bell.await(sleep);
        }
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private Duration pauseAfter(int failures, Throwable e) {
    if (closed) {
      return Duration.ZERO;
    }
    boolean known = e instanceof DbException refused && refused.isUnavailable();
    if (known) {
      LOG.warnf("%s waits: %s", thread.getName(), e.getMessage());
    } else {
      LOG.errorf(e, "%s failed and goes on.", thread.getName());
    }
    long longest = LONGEST_PAUSE.toMillis();
    long millis = Math.min(longest, 100L << Math.min(failures, 10));
    return Duration.ofMillis(millis / 2 + ThreadLocalRandom.current().nextLong(millis / 2 + 1));
  }

  /** Ends the loop after the current turn and waits for that, ten seconds at most. */
  @Override
  public void close() {
    closed = true;
    bell.ring();
    try {
      thread.join(Duration.ofSeconds(10).toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

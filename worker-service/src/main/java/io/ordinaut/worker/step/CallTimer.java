package io.ordinaut.worker.step;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Interrupts a call that takes longer than it may. */
public final class CallTimer implements AutoCloseable {
  private final ScheduledThreadPoolExecutor timer;

  /** With a thread of its own. */
  public CallTimer() {
    timer =
        new ScheduledThreadPoolExecutor(
            1,
            runnable -> {
              Thread thread = new Thread(runnable, "ordinaut-call-timer");
              thread.setDaemon(true);
              return thread;
            });
    timer.setRemoveOnCancelPolicy(true);
  }

  /**
   * Runs a call on this thread.
   *
   * @throws TimedOutException when it was cut
   * @throws InterruptedException when the thread was interrupted by somebody else
   */
  public <T> T call(Duration longest, Call<T> call) throws InterruptedException, TimedOutException {
    Cut cut = new Cut(Thread.currentThread());
    ScheduledFuture<?> alarm = timer.schedule(cut, longest.toMillis(), TimeUnit.MILLISECONDS);
    try {
      T result = call.run();
      if (cut.end()) {
        throw new TimedOutException();
      }
      return result;
    } catch (InterruptedException | RuntimeException e) {
      if (cut.end()) {
        throw new TimedOutException();
      }
      throw e;
    } catch (Error e) {
      cut.end();
      throw e;
    } finally {
      alarm.cancel(false);
    }
  }

  /**
   * Does something later, on the timer's own thread: it must not take long.
   *
   * @return what takes it back
   */
  public Future<?> after(Duration wait, Runnable body) {
    return timer.schedule(body, wait.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }

  /** A call that can be interrupted. */
  public interface Call<T> {
    /** Does it. */
    T run() throws InterruptedException;
  }

  /** The call was cut. */
  public static final class TimedOutException extends Exception {}

  /** Interrupts a thread unless the call ended first; both happen under one lock. */
  private static final class Cut implements Runnable {
    private final Thread thread;
    private boolean ended;
    private boolean interrupted;

    Cut(Thread thread) {
      this.thread = thread;
    }

    @Override
    public synchronized void run() {
      if (!ended) {
        interrupted = true;
        thread.interrupt();
      }
    }

    /** Ends the watch; if it had struck, swallows the interrupt and says so. */
    synchronized boolean end() {
      ended = true;
      if (interrupted) {
        Thread.interrupted();
      }
      return interrupted;
    }
  }
}

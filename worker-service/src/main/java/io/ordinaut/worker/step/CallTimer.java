package io.ordinaut.worker.step;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Interrupts a call that takes longer than it may. */
public final class CallTimer implements AutoCloseable {
  private final ScheduledThreadPoolExecutor timer;
  private final ThreadLocal<Watch> watches = ThreadLocal.withInitial(Watch::new);

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
   * Runs a call on this thread; not from within another one.
   *
   * @throws TimedOutException when it was cut
   * @throws InterruptedException when the thread was interrupted by somebody else
   */
  public <T> T call(Duration longest, Call<T> call) throws InterruptedException, TimedOutException {
    Watch watch = watches.get();
    watch.begin(longest);
    try {
      T result = call.run();
      if (watch.end()) {
        throw new TimedOutException();
      }
      return result;
    } catch (InterruptedException | RuntimeException e) {
      if (watch.end()) {
        throw new TimedOutException();
      }
      throw e;
    } catch (Error e) {
      watch.end();
      throw e;
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

  /**
   * Watches over the calls of one thread, one after the other. When a call ends in time its alarm
   * is left as it is, and goes off for the next call, for which it is set again if that one may
   * still go on: alarms that are set and taken back wake the timer's thread each time, for more
   * than a step that does nothing costs.
   */
  private final class Watch implements Runnable {
    private final Thread thread = Thread.currentThread();
    private boolean watching;
    private boolean interrupted;

    /** When the call must have ended, by the monotonic clock. */
    private long end;

    private @Nullable ScheduledFuture<?> alarm;
    private long alarmAt;

    synchronized void begin(Duration longest) {
      interrupted = false;
      end = System.nanoTime() + longest.toNanos();
      if (alarm == null || alarmAt - end > 0) {
        if (alarm != null) {
          alarm.cancel(false);
        }
        setAlarm();
      }
      watching = true;
    }

    private void setAlarm() {
      alarm = timer.schedule(this, end - System.nanoTime(), TimeUnit.NANOSECONDS);
      alarmAt = end;
    }

    @Override
    public synchronized void run() {
      long now = System.nanoTime();
      if (alarmAt - now > 0) {
        // It was replaced while it went off.
        return;
      }
      alarm = null;
      if (!watching) {
        return;
      }
      if (end - now > 0) {
        setAlarm();
      } else {
        interrupted = true;
        thread.interrupt();
      }
    }

    /** Ends the watch; if it had struck, swallows the interrupt and says so. */
    synchronized boolean end() {
      watching = false;
      if (interrupted) {
        Thread.interrupted();
      }
      return interrupted;
    }
  }
}

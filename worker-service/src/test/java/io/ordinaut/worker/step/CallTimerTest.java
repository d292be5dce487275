package io.ordinaut.worker.step;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class CallTimerTest {
  private static final Duration SHORT = Duration.ofMillis(100);
  private static final Duration LONG = Duration.ofHours(1);

  private final CallTimer timer = new CallTimer();

  @AfterEach
  void close() {
    timer.close();
  }

  private static Void forever() throws InterruptedException {
    new CountDownLatch(1).await();
    throw new AssertionError("not interrupted");
  }

  private void assertCutAfter(Duration longest) {
    long begun = System.nanoTime();
    assertThrows(
        CallTimer.TimedOutException.class, () -> timer.call(longest, CallTimerTest::forever));
    assertTrue(System.nanoTime() - begun >= longest.toNanos(), "cut before its time");
  }

  /** A thread that is paused for as long is rightly cut, and calls again. */
  private void assertShortCallEnds() throws InterruptedException {
    boolean ended = false;
    for (int i = 0; i < 20 && !ended; i++) {
      long begun = System.nanoTime();
      try {
        ended = timer.call(SHORT, () -> true);
      } catch (CallTimer.TimedOutException e) {
        assertTrue(System.nanoTime() - begun >= SHORT.toNanos(), "cut before its time");
      }
    }
    assertTrue(ended, "cut each time");
  }

  @Test
  void callsThatTakeTooLongAreCutOneAfterTheOther() {
    for (int i = 0; i < 3; i++) {
      assertCutAfter(SHORT);
      assertFalse(Thread.currentThread().isInterrupted(), "the interrupt was left");
    }
  }

  @Test
  void callAfterOneWithMoreTimeIsCutInItsOwn() throws Exception {
    assertEquals("done", timer.call(LONG, () -> "done"));
    assertThrows(
        CallTimer.TimedOutException.class, () -> timer.call(SHORT, CallTimerTest::forever));
  }

  @Test
  void callIsNotCutByWhatWatchedOverTheOneBefore() throws Exception {
    assertShortCallEnds();
    CountDownLatch later = new CountDownLatch(1);
    timer.after(SHORT.multipliedBy(2), later::countDown);
    timer.call(
        LONG,
        () -> {
          later.await();
          return "done";
        });
    assertShortCallEnds();
    assertCutAfter(SHORT.multipliedBy(3));
  }

  @Test
  void whoeverInterruptsSomebodyElseIsNotTakenForTheTimer() {
    Thread.currentThread().interrupt();
    assertThrows(InterruptedException.class, () -> timer.call(LONG, CallTimerTest::forever));
  }

  @Test
  void callThatFailsAfterItsTimeIsLate() {
    assertThrows(
        CallTimer.TimedOutException.class,
        () ->
            timer.call(
                SHORT,
                () -> {
                  try {
                    return forever();
                  } catch (InterruptedException e) {
                    throw new IllegalStateException("aborted", e);
                  }
                }));
    assertThrows(
        IllegalStateException.class,
        () ->
            timer.call(
                LONG,
                () -> {
                  throw new IllegalStateException("its own");
                }));
  }
}

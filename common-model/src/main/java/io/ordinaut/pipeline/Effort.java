package io.ordinaut.pipeline;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How much one evaluation, or the rendering of one template, may do: a few nested lists make
 * millions of values of an expression of a few characters. It ends as well when its thread is
 * interrupted, so that a time limit reaches it.
 */
final class Effort {
  /** About a second of a slow core. */
  static final int MOST = 2_000_000;

  private static final int BETWEEN_LOOKS = 4_096;

  private static final ThreadLocal<@Nullable Effort> CURRENT = new ThreadLocal<>();

  private long left;
  private long nextLook;

  private Effort(int most) {
    this.left = most;
    this.nextLook = most - BETWEEN_LOOKS;
  }

  /** Does what shares one limit; within another such work, that one's. */
  static <T> T limited(int most, Supplier<T> work) {
    if (CURRENT.get() != null) {
      return work.get();
    }
    CURRENT.set(new Effort(most));
    try {
      return work.get();
    } finally {
      CURRENT.remove();
    }
  }

  /**
   * Notes that something was done.
   *
   * @param much in values looked at or made
   * @throws ExpressionException when it was too much, or the thread is interrupted
   */
  static void spend(long much) {
    spend(much, "The expression takes too long: it must not go through so many values.");
  }

  /**
   * The same, with a sentence of its own for when it was too much.
   *
   * @throws ExpressionException when it was too much, or the thread is interrupted
   */
  static void spend(long much, String sentence) {
    Effort current = CURRENT.get();
    if (current != null) {
      current.take(much, sentence);
    }
  }

  private void take(long much, String sentence) {
    left -= much;
    if (left < 0) {
      throw new ExpressionException(sentence);
    }
    if (left < nextLook) {
      nextLook = left - BETWEEN_LOOKS;
      check();
    }
  }

  /** Leaves the interrupt to whoever asks why. */
  static void check() {
    if (Thread.currentThread().isInterrupted()) {
      throw new ExpressionException("The evaluation was interrupted.");
    }
  }
}

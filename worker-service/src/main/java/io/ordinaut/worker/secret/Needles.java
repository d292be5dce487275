package io.ordinaut.worker.secret;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Looks for all needles in one pass over a text, however many and long they are: texts are compared
 * by polynomial sums over their characters (Karp and Rabin 1987), which come for any part of the
 * text from the sums of two of its beginnings.
 */
final class Needles {
  private static final String ELLIPSIS = "…";

  /** Odd, so that no character is lost in the powers of it. */
  private static final long BASE = 0x9E37_79B9_7F4A_7C15L;

  /** So many characters at its beginning say which needle it may be. */
  private static final int START = Needle.SHORTEST;

  private static final int FILTER_BITS = 16;
  private static final long POWER_OF_START = power(START);

  private final List<Sought> all = new ArrayList<>();
  private final Map<Long, List<Sought>> byStart = new HashMap<>();

  /** The upper bits of the sums that needles begin with: most places of a text are none of them. */
  private final BitSet filter = new BitSet(1 << FILTER_BITS);

  Needles(Collection<Needle> needles) {
    for (Needle needle : needles) {
      String text = needle.text();
      Sought sought =
          new Sought(all.size(), needle, sum(text, text.length()), power(text.length()));
      all.add(sought);
      long start = sum(text, START);
      byStart.computeIfAbsent(start, any -> new ArrayList<>()).add(sought);
      filter.set(upper(start));
    }
  }

  private static long power(int exponent) {
    long power = 1;
    for (int i = 0; i < exponent; i++) {
      power *= BASE;
    }
    return power;
  }

  private static long sum(String text, int length) {
    long sum = 0;
    for (int i = 0; i < length; i++) {
      sum = sum * BASE + text.charAt(i);
    }
    return sum;
  }

  private static int upper(long sum) {
    return (int) (sum >>> (Long.SIZE - FILTER_BITS));
  }

  boolean isEmpty() {
    return all.isEmpty();
  }

  /** Marks what gives a secret away, by its places in the text that the view is of. */
  void mark(View view, BitSet hidden) {
    Pass pass = new Pass(view, new int[all.size()], hidden);
    String text = view.text();
    for (int at = 0; at + START <= text.length(); at++) {
      long start = pass.sum(at, at + START, POWER_OF_START);
      if (filter.get(upper(start))) {
        for (Sought sought : byStart.getOrDefault(start, List.of())) {
          pass.look(sought, at);
        }
      }
    }
    all.forEach(pass::lookAtEnd);
  }

  /**
   * A needle.
   *
   * @param number of it
   * @param sum over its characters
   * @param power of the base, by its length
   */
  private record Sought(int number, Needle needle, long sum, long power) {}

  /** One look at one text. */
  private static final class Pass {
    private final View view;
    private final String text;

    /** Of each beginning of the text. */
    private final long[] sums;

    /** By number of the needle: the place behind where it was last found. */
    private final int[] ends;

    private final BitSet hidden;

    Pass(View view, int[] ends, BitSet hidden) {
      this.view = view;
      this.text = view.text();
      this.ends = ends;
      this.hidden = hidden;
      this.sums = new long[text.length() + 1];
      for (int i = 0; i < text.length(); i++) {
        sums[i + 1] = sums[i] * BASE + text.charAt(i);
      }
    }

    /** Over the characters between two places that are as far apart as the power says. */
    long sum(int from, int to, long power) {
      return sums[to] - sums[from] * power;
    }

    /**
     * Texts of the same sum are compared, but where a needle overlaps itself: that would take as
     * long as it is, again and again. At worst too much is masked.
     */
    void look(Sought sought, int at) {
      String needle = sought.needle().text();
      int end = at + needle.length();
      if (end > text.length() || sum(at, end, sought.power()) != sought.sum()) {
        return;
      }
      int before = ends[sought.number()];
      if (at < before || text.startsWith(needle, at)) {
        sought.needle().mark(view, at, Math.max(at, before - 1), hidden);
        ends[sought.number()] = end;
      }
    }

    /** Marks the beginning of a secret at the end of a text that somebody has cut there. */
    void lookAtEnd(Sought sought) {
      String needle = sought.needle().text();
      int end = text.endsWith(ELLIPSIS) ? text.length() - ELLIPSIS.length() : text.length();
      int most = Math.min(needle.length() - 1, end);
      int cut = 0;
      long start = 0;
      long power = 1;
      for (int length = 1; length <= most; length++) {
        start = start * BASE + needle.charAt(length - 1);
        power *= BASE;
        if (length >= Needle.SHORTEST && start == sum(end - length, end, power)) {
          cut = length;
        }
      }
      if (cut > 0) {
        view.mark(end - cut, end, hidden);
      }
    }
  }
}

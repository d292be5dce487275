package io.ordinaut.pipeline;

import java.util.regex.Pattern;

/**
 * A regular expression of a schema. To match a text it may look at so many characters, together
 * with all others of the same check: one that backtracks can look at each again and again.
 */
final class BoundedPattern {
  private static final int LONGEST_SHOWN = 200;

  private final String source;
  private final Pattern pattern;

  /**
   * Compiles one.
   *
   * @param source as its author wrote it
   * @param regex the same in Java's syntax
   * @throws java.util.regex.PatternSyntaxException when it is none
   */
  BoundedPattern(String source, String regex) {
    this.source = source;
    this.pattern = Pattern.compile(regex);
  }

  /**
   * Whether it is found in a text.
   *
   * @throws ExpressionException when that takes too long, or the thread is interrupted
   */
  boolean isFoundIn(String text) {
    try {
      return pattern.matcher(new Watched(text)).find();
    } catch (StackOverflowError e) {
      throw new ExpressionException(tooMuch());
    }
  }

  private String tooMuch() {
    return "the pattern "
        + (source.length() <= LONGEST_SHOWN ? source : source.substring(0, LONGEST_SHOWN) + "…")
        + " takes too long: write it so that it can match a text in one way only,"
        + " such as a+ instead of (a+)+ or (a|a)+";
  }

  /** A text that counts how often it is looked at. */
  private final class Watched implements CharSequence {
    /** Looks that count as one value: they are that cheap. */
    private static final int LOOKS_PER_VALUE = 4;

    private static final int BETWEEN_COUNTS = 1_024;

    private final String text;
    private int left = BETWEEN_COUNTS;

    Watched(String text) {
      this.text = text;
    }

    @Override
    public char charAt(int index) {
      left--;
      if (left == 0) {
        left = BETWEEN_COUNTS;
        Effort.spend(BETWEEN_COUNTS / LOOKS_PER_VALUE, tooMuch());
      }
      return text.charAt(index);
    }

    @Override
    public int length() {
      return text.length();
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return text.subSequence(start, end);
    }

    @Override
    public String toString() {
      return text;
    }
  }
}

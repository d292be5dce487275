package io.ordinaut.pipeline;

/**
 * How deep an expression is nested, told before it is parsed: parsing and evaluating it takes as
 * much of the thread's stack, and what is accepted must not depend on how much of that is left.
 */
final class Nesting {
  /** Of parentheses, brackets and braces. */
  static final int DEEPEST = 64;

  /** Each operator is nested in the next one, as those in brackets are in those around them. */
  static final int MOST_OPERATORS = 256;

  private final String text;

  /** By level: the operators since its last comma, what is deepest since, and before it. */
  private final int[] operators = new int[DEEPEST + 1];

  private final int[] inside = new int[DEEPEST + 1];
  private final int[] deepest = new int[DEEPEST + 1];
  private int level;

  private Nesting(String text) {
    this.text = text;
  }

  /**
   * Checks an expression.
   *
   * @throws ExpressionException with a sentence when it is nested too deep
   */
  static void check(String text) {
    Nesting nesting = new Nesting(text);
    for (int at = 0; at < text.length(); at++) {
      at = nesting.read(at);
    }
    while (nesting.level > 0) {
      nesting.close();
    }
    nesting.comma();
  }

  /** Reads what begins at a place, and answers where it ends. */
  private int read(int at) {
    char c = text.charAt(at);
    switch (c) {
      case '\'', '"' -> {
        return endOfQuoted(at);
      }
      case '(', '[', '{' -> open();
      case ')', ']', '}' -> close();
      case ',' -> comma();
      case '.', '|', '&', '!', '<', '>', '=' -> {
        operators[level]++;
        return isDoubled(at) ? at + 1 : at;
      }
      default -> {
        // Names, numbers and spaces nest nothing.
      }
    }
    return at;
  }

  private int endOfQuoted(int at) {
    int end = at + 1;
    while (end < text.length() && text.charAt(end) != text.charAt(at)) {
      end += text.charAt(end) == '\\' ? 2 : 1;
    }
    return end;
  }

  private boolean isDoubled(int at) {
    char c = text.charAt(at);
    char next = at + 1 < text.length() ? text.charAt(at + 1) : ' ';
    return next == '=' || (next == c && (c == '|' || c == '&'));
  }

  private void open() {
    operators[level]++;
    if (level == DEEPEST) {
      throw new ExpressionException(
          "is nested deeper than " + DEEPEST + " parentheses, brackets and braces.");
    }
    level++;
    operators[level] = 0;
    inside[level] = 0;
    deepest[level] = 0;
  }

  private void close() {
    comma();
    if (level > 0) {
      int closed = deepest[level];
      level--;
      inside[level] = Math.max(inside[level], closed);
    }
  }

  private void comma() {
    deepest[level] = Math.max(deepest[level], operators[level] + inside[level]);
    operators[level] = 0;
    inside[level] = 0;
    if (deepest[level] > MOST_OPERATORS) {
      throw new ExpressionException(
          "has more than " + MOST_OPERATORS + " operators in a row or within each other.");
    }
  }
}

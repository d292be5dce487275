package io.ordinaut.pipeline;

/** An expression that can't be compiled, or can't be evaluated over the values it met. */
public final class ExpressionException extends RuntimeException {
  /** With a sentence for the author of the expression. */
  public ExpressionException(String message) {
    super(message);
  }
}

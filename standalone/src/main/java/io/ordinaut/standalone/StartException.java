package io.ordinaut.standalone;

/** Why standalone can't start, in a sentence for who started it. */
public final class StartException extends RuntimeException {
  /** With what to do about it. */
  public StartException(String message) {
    super(message);
  }

  /** With what to do about it, and the cause. */
  public StartException(String message, Throwable cause) {
    super(message, cause);
  }
}

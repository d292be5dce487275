package io.ordinaut.stream;

/** Redis could not be asked, or refused. */
public final class NudgeException extends RuntimeException {
  /** With what Redis or the network said. */
  public NudgeException(String message, Throwable cause) {
    super(message, cause);
  }
}

package io.ordinaut.stream;

/** Redis could not be asked about a stream, or refused. What was to be said is the caller's. */
public final class StreamException extends RuntimeException {
  /** With what Redis said. */
  public StreamException(String message) {
    super(message);
  }

  /** With what Redis or the network said. */
  public StreamException(String message, Throwable cause) {
    super(message, cause);
  }
}

package io.ordinaut.worker.tool;

import io.ordinaut.failure.ErrorCode;

/** A tool that answered with an error, or could not be called. */
public final class ToolException extends RuntimeException {
  private final ErrorCode code;

  /** With the code that decides whether it is tried again, and a sentence. */
  public ToolException(ErrorCode code, String message) {
    super(message);
    this.code = code;
  }

  /** What went wrong. */
  public ErrorCode code() {
    return code;
  }
}

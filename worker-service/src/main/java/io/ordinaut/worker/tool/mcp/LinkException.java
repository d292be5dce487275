package io.ordinaut.worker.tool.mcp;

import io.ordinaut.failure.ErrorCode;
import io.ordinaut.worker.tool.ToolException;

/** A message that did not reach the server, or whose answer did not come back. */
final class LinkException extends RuntimeException {
  private final ErrorCode code;
  private final boolean forgotten;

  private LinkException(ErrorCode code, String message, boolean forgotten) {
    super(message, null, false, false);
    this.code = code;
    this.forgotten = forgotten;
  }

  /** With a sentence that says what happened. */
  LinkException(String message) {
    this(ErrorCode.TOOL_ERROR, message, false);
  }

  /** Since the request could not be sent, or its answer not be read. */
  LinkException(ToolException cause) {
    this(cause.code(), String.valueOf(cause.getMessage()), false);
  }

  /** The server refused the message, since it does not know the session. */
  static LinkException forgotten(int status) {
    return new LinkException(
        ErrorCode.TOOL_ERROR,
        "The server does not know the session any more (HTTP " + status + ").",
        true);
  }

  /** Whether the server did nothing for lack of a session, so that a new one may ask again. */
  boolean isForgotten() {
    return forgotten;
  }

  /** What the step that called fails with. */
  ToolException of(String server) {
    return new ToolException(code, "MCP server " + server + ": " + getMessage());
  }
}

package io.ordinaut.failure;

import java.util.Locale;

/** Why a step or a run failed. The code is what programs decide by; the sentence is for people. */
public enum ErrorCode {
  /** The tool answered with an error. */
  TOOL_ERROR(true),
  /** The tool did not answer within the step's time. */
  TIMEOUT(true),
  /** A template of {@code with} could not be rendered. */
  TEMPLATE_ERROR(false),
  /** A condition could not be evaluated. */
  CONDITION_ERROR(false),
  /** The output does not match the step's schema. */
  SCHEMA_ERROR(false),
  /** The tool was called without an argument that it requires. */
  MISSING_PARAMETER(false),
  /** No tool of that name is known. */
  UNKNOWN_TOOL(false),
  /** The output can't be stored. */
  OUTPUT_INVALID(false),
  /** Somebody asked the run to stop. */
  CANCELED(false),
  /** Every attempt failed. */
  RETRIES_EXHAUSTED(false),
  /** Workers lost the run more often than is believable. */
  LEASE_LOST(false);

  private final boolean retryable;

  ErrorCode(boolean retryable) {
    this.retryable = retryable;
  }

  /** The code of that name, as it is stored. */
  public static ErrorCode of(String stored) {
    return valueOf(stored.toUpperCase(Locale.ROOT));
  }

  /** Whether trying again may help. */
  public boolean retryable() {
    return retryable;
  }

  /** The code as it is stored and shown. */
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }
}

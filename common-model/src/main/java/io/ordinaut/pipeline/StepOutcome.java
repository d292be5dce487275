package io.ordinaut.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.ErrorCode;

/** How one try of a step ended. */
public sealed interface StepOutcome {
  /** The tool answered. */
  record Succeeded(JsonNode output) implements StepOutcome {}

  /** The step's condition did not hold. */
  record Skipped() implements StepOutcome {}

  /** The try failed. */
  record Failed(ErrorCode code, String message) implements StepOutcome {}
}

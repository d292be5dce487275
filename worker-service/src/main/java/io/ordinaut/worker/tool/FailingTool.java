package io.ordinaut.worker.tool;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.ErrorCode;

/** {@code failing-tool}, for tests: fails with what {@code message} says, if anything. */
final class FailingTool implements Tool {
  @Override
  public JsonNode call(ToolCall call) {
    throw new ToolException(
        ErrorCode.TOOL_ERROR, call.input().path("message").asText("This tool always fails."));
  }
}

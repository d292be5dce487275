package io.ordinaut.worker.tool;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.json.Json;

/** {@code assert}: ends the run unless something holds. */
final class AssertTool implements Tool {
  @Override
  public JsonNode call(ToolCall call) {
    JsonNode that = call.input().path("that");
    if (that.isNull() || that.isMissingNode() || (that.isBoolean() && !that.booleanValue())) {
      throw new ToolException(
          ErrorCode.CONDITION_ERROR,
          call.input().path("message").asText("The assertion does not hold."));
    }
    return Json.object();
  }

  @Override
  public boolean isPure() {
    return true;
  }
}

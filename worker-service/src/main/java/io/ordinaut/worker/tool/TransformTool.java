package io.ordinaut.worker.tool;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.pipeline.ExpressionException;
import io.ordinaut.pipeline.Transform;
import java.time.DateTimeException;

/** {@code transform}: JMESPath over a value. */
final class TransformTool implements Tool {
  @Override
  public JsonNode call(ToolCall call) {
    try {
      return Transform.compile(call.input().path("expression").asText())
          .evaluate(call.input().path("input"));
    } catch (ExpressionException | DateTimeException e) {
      throw new ToolException(ErrorCode.TEMPLATE_ERROR, "The expression " + e.getMessage());
    }
  }

  @Override
  public boolean isPure() {
    return true;
  }
}

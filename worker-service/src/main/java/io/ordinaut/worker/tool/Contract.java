package io.ordinaut.worker.tool;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.json.Storable;
import io.ordinaut.pipeline.ExpressionException;
import io.ordinaut.pipeline.Schema;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a tool takes and gives; calls are held to it on both ends. */
final class Contract {
  private final @Nullable Schema input;
  private final @Nullable Schema output;

  /**
   * @param input JSON Schema of the arguments
   * @param output JSON Schema of the output; null when there is none
   */
  Contract(JsonNode input, @Nullable JsonNode output) {
    this.input = compile(input);
    this.output = output == null ? null : compile(output);
  }

  /** A schema of somebody else's that can't be read checks nothing. */
  private static @Nullable Schema compile(JsonNode source) {
    try {
      return Schema.compile(source);
    } catch (ExpressionException e) {
      return null;
    }
  }

  /** The same tool, held to its contract. */
  Tool around(Tool tool) {
    return new Tool() {
      @Override
      public JsonNode call(ToolCall call) throws InterruptedException {
        checkInput(call.input());
        JsonNode answer = tool.call(call);
        checkOutput(answer);
        return answer;
      }

      @Override
      public boolean isPure() {
        return tool.isPure();
      }
    };
  }

  private void checkInput(JsonNode value) {
    if (input == null) {
      return;
    }
    String missing = input.missing(value);
    if (missing != null) {
      throw new ToolException(
          ErrorCode.MISSING_PARAMETER, "missing required parameter: " + missing);
    }
    refuse(input.faults(value), "The input does not match the tool's schema: ");
  }

  private void checkOutput(JsonNode value) {
    if (output == null) {
      return;
    }
    if (!Storable.areNumbersStorable(value)) {
      throw new ToolException(
          ErrorCode.OUTPUT_INVALID,
          "The output is not storable: it holds a number that a double can't hold.");
    }
    refuse(output.faults(value), "The output does not match the tool's schema: ");
  }

  private static void refuse(List<String> faults, String what) {
    if (!faults.isEmpty()) {
      throw new ToolException(ErrorCode.SCHEMA_ERROR, what + String.join("; ", faults));
    }
  }
}

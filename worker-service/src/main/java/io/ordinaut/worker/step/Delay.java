package io.ordinaut.worker.step;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.json.Json;
import io.ordinaut.pipeline.DelayInput;
import io.ordinaut.pipeline.ExpressionException;
import io.ordinaut.worker.tool.Tool;
import io.ordinaut.worker.tool.ToolCall;
import io.ordinaut.worker.tool.ToolException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * The built-in {@code delay}: says until when to wait. The waiting itself is the run's, which gives
 * up its slot meanwhile. Not pure: later steps see the time at which it ended.
 */
public final class Delay implements Tool {
  private static final String UNTIL = "until";

  private final Instant now;

  /** Counted from the given moment. */
  Delay(Instant now) {
    this.now = now;
  }

  /** When a delay ends that answered so. */
  public static Instant end(JsonNode output) {
    return Instant.parse(output.path(UNTIL).asText());
  }

  @Override
  public JsonNode call(ToolCall call) {
    try {
      Instant until = DelayInput.end(call.input(), now);
      return Json.object().put(UNTIL, until.truncatedTo(ChronoUnit.MICROS).toString());
    } catch (ExpressionException e) {
      throw new ToolException(ErrorCode.TEMPLATE_ERROR, "The input of delay: " + e.getMessage());
    }
  }
}

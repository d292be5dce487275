package io.ordinaut.worker.step;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.json.Json;
import io.ordinaut.worker.tool.Tool;
import io.ordinaut.worker.tool.ToolCall;
import io.ordinaut.worker.tool.ToolException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;

/**
 * The built-in {@code delay}: says until when to wait. The waiting itself is the run's, which gives
 * up its slot meanwhile. Not pure: later steps see the time at which it ended.
 */
public final class Delay implements Tool {
  private static final Duration LONGEST = Duration.ofDays(366);
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
    JsonNode input = call.input();
    if (input.size() != 1 || !(input.has("seconds") || input.has(UNTIL))) {
      throw wrong(
          "it must be either {\"seconds\": a number} or {\"until\": an RFC 3339 time with its offset}.");
    }
    Instant until =
        input.has("seconds") ? now.plus(seconds(input.get("seconds"))) : time(input.get(UNTIL));
    if (until.isAfter(now.plus(LONGEST))) {
      throw wrong("it must not be longer than 366 days.");
    }
    ObjectNode output = Json.object();
    return output.put(UNTIL, until.truncatedTo(ChronoUnit.MICROS).toString());
  }

  private static Duration seconds(JsonNode value) {
    double seconds = value.isNumber() ? value.doubleValue() : Double.NaN;
    if (!(seconds >= 0 && seconds <= LONGEST.toSeconds())) {
      throw wrong("seconds must be a number from 0 to " + LONGEST.toSeconds() + " (366 days).");
    }
    return Duration.ofNanos((long) (seconds * 1e9));
  }

  /** RFC 3339, section 5.6. */
  private static Instant time(JsonNode value) {
    try {
      return OffsetDateTime.parse(value.isTextual() ? value.textValue() : "").toInstant();
    } catch (DateTimeException e) {
      throw wrong("until must be an RFC 3339 time with its offset, such as 2030-01-31T09:00:00Z.");
    }
  }

  private static ToolException wrong(String what) {
    return new ToolException(ErrorCode.TEMPLATE_ERROR, "The input of delay: " + what);
  }
}

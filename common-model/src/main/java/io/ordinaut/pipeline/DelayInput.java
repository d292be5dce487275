package io.ordinaut.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;

/** What a {@code delay} is given: read alike when a task is made and when its run waits. */
public final class DelayInput {
  /** How long one may be. */
  public static final Duration LONGEST = Duration.ofDays(366);

  static final String FORM =
      "must be either {\"seconds\": a number} or {\"until\": an RFC 3339 time with its offset}.";

  private static final String SECONDS = "seconds";
  private static final String UNTIL = "until";

  private DelayInput() {}

  /** What is wrong with one of its two fields; null when nothing is. */
  static @Nullable String faultOf(String field, JsonNode value) {
    if (field.equals(SECONDS)) {
      double seconds = value.isNumber() ? value.doubleValue() : Double.NaN;
      return seconds >= 0 && seconds <= LONGEST.toSeconds()
          ? null
          : "must be a number from 0 to " + LONGEST.toSeconds() + " (366 days).";
    }
    if (field.equals(UNTIL) && time(value) == null) {
      return "must be an RFC 3339 time with its offset, such as 2030-01-31T09:00:00Z.";
    }
    return null;
  }

  /** RFC 3339, section 5.6. */
  private static @Nullable Instant time(JsonNode value) {
    try {
      return OffsetDateTime.parse(value.isTextual() ? value.textValue() : "").toInstant();
    } catch (DateTimeException e) {
      return null;
    }
  }

  /**
   * When a delay ends.
   *
   * @param now when it begins
   * @throws ExpressionException with a sentence when it can't be
   */
  public static Instant end(JsonNode input, Instant now) {
    if (input.size() != 1 || !(input.has(SECONDS) || input.has(UNTIL))) {
      throw new ExpressionException("it " + FORM);
    }
    String field = input.has(SECONDS) ? SECONDS : UNTIL;
    String fault = faultOf(field, input.get(field));
    if (fault != null) {
      throw new ExpressionException(field + " " + fault);
    }
    Instant until = time(input.path(UNTIL));
    Instant end =
        until == null
            ? now.plus(Duration.ofNanos((long) (input.get(SECONDS).doubleValue() * 1e9)))
            : until;
    if (end.isAfter(now.plus(LONGEST))) {
      throw new ExpressionException("it must not be longer than 366 days.");
    }
    return end;
  }
}

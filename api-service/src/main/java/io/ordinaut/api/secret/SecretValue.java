package io.ordinaut.api.secret;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.api.http.Body;
import io.ordinaut.api.http.Problem;
import io.ordinaut.failure.InvalidInputException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads the value of a secret. No refusal repeats anything of what was sent. */
final class SecretValue {
  /** Shorter ones could not be masked without hiding half of what a run says. */
  static final int SHORTEST = 8;

  /** In bytes of UTF-8. */
  static final int LONGEST = 65_536;

  private SecretValue() {}

  /**
   * Reads {@code {"value": …}}.
   *
   * @throws Problem when the body is not JSON
   * @throws InvalidInputException when it is not of the form
   */
  static String parse(byte @Nullable [] body) {
    JsonNode sent = json(body);
    JsonNode value = sent.path("value");
    if (!sent.isObject() || sent.size() != (value.isMissingNode() ? 0 : 1)) {
      throw new InvalidInputException("body", "must be {\"value\": a string} and nothing else.");
    }
    if (!value.isTextual()) {
      throw new InvalidInputException("value", "is required and must be a string.");
    }
    String text = value.textValue();
    if (text.codePoints().filter(SecretValue::isSeen).count() < SHORTEST) {
      throw new InvalidInputException(
          "value",
          "must have at least "
              + SHORTEST
              + " characters that are not blank, or it could not be masked.");
    }
    if (text.indexOf('\0') >= 0 || !StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
      throw new InvalidInputException(
          "value", "must be Unicode text without the character U+0000.");
    }
    if (text.getBytes(StandardCharsets.UTF_8).length > LONGEST) {
      throw new InvalidInputException("value", "must not be larger than 64 KiB.");
    }
    return text;
  }

  private static boolean isSeen(int character) {
    return !Character.isWhitespace(character) && !Character.isSpaceChar(character);
  }

  private static JsonNode json(byte @Nullable [] body) {
    try {
      return Body.json(body);
    } catch (Problem e) {
      throw e.status() == 400
          ? new Problem(400, "The body is not JSON; it must be {\"value\": a string}.")
          : e;
    }
  }
}

package io.ordinaut.api.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.InvalidInputException;
import io.ordinaut.json.Json;
import java.io.IOException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What callers send: bodies and identifiers. */
public final class Body {
  private static final int LARGEST = 1_048_576;

  private Body() {}

  /**
   * Reads a body as JSON.
   *
   * @throws Problem 400 when it is none, 422 when it is nested too deep
   */
  public static JsonNode json(byte @Nullable [] body) {
    if (body == null || body.length == 0) {
      throw new Problem(400, "The body is empty; it must be a JSON object.");
    }
    if (body.length > LARGEST) {
      throw new Problem(413, "The body is larger than 1 MiB.");
    }
    try {
      return Json.MAPPER.readTree(body);
    } catch (StreamConstraintsException e) {
      throw new InvalidInputException(
          "body",
          "must not be nested deeper than "
              + Json.MAX_DEPTH
              + " levels, nor hold numbers of"
              + " more than 400 digits.");
    } catch (JsonProcessingException e) {
      throw new Problem(
          400,
          "The body is not JSON: "
              + e.getOriginalMessage()
              + (e.getLocation() == null
                  ? ""
                  : " (line "
                      + e.getLocation().getLineNr()
                      + ", column "
                      + e.getLocation().getColumnNr()
                      + ")"));
    } catch (NumberFormatException e) {
      throw new Problem(400, "The body holds a number whose exponent is too large.");
    } catch (IOException e) {
      throw new Problem(400, "The body could not be read.");
    }
  }

  /**
   * Reads an identifier in a path.
   *
   * @throws Problem 404 when it is none
   */
  public static UUID id(String text, String what) {
    try {
      UUID id = UUID.fromString(text);
      if (text.length() == 36) {
        return id;
      }
    } catch (IllegalArgumentException e) {
      // An id that is no UUID is an id that does not exist.
    }
    throw Problem.notFound(what);
  }
}

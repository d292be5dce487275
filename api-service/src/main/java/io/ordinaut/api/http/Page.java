package io.ordinaut.api.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.json.Json;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of a list, newest first, by keyset: the page begins after the given row, whatever was
 * added or removed meanwhile.
 *
 * @param rows the most rows
 * @param before the time of the row that came last; null for the first page
 * @param beforeKey what identifies it
 */
public record Page(int rows, @Nullable Instant before, @Nullable String beforeKey) {
  private static final Instant FAR = Instant.parse("9999-01-01T00:00:00Z");
  private static final int LONGEST_KEY = 400;

  static @Nullable Page after(@Nullable String cursor, int rows, Predicate<String> isKey) {
    if (cursor == null) {
      return new Page(rows, null, null);
    }
    try {
      String text = new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8);
      int space = text.indexOf(' ');
      Instant before = Instant.parse(text.substring(0, space));
      String key = text.substring(space + 1);
      boolean believable =
          before.isAfter(Instant.EPOCH)
              && before.isBefore(FAR)
              && key.length() <= LONGEST_KEY
              && key.indexOf('\0') < 0
              && isKey.test(key);
      return believable ? new Page(rows, before, key) : null;
    } catch (IllegalArgumentException | DateTimeException | IndexOutOfBoundsException e) {
      return null;
    }
  }

  /** The identifier of the row that came last, where identifiers are UUIDs; null at first. */
  public @Nullable UUID beforeId() {
    return beforeKey == null ? null : UUID.fromString(beforeKey);
  }

  /** Rows in the order of {@code created_at}, as a JSON array; with a link if there may be more. */
  public Response answer(List<ObjectNode> found, UriInfo uri) {
    return answer(found, "created_at", uri);
  }

  /** Rows in the order of the given field, as a JSON array; with a link if there may be more. */
  public Response answer(List<ObjectNode> found, String orderedBy, UriInfo uri) {
    return answer(found, orderedBy, "id", uri);
  }

  /** The same where another field than {@code id} identifies a row. */
  public Response answer(List<ObjectNode> found, String orderedBy, String key, UriInfo uri) {
    ArrayNode list = Json.MAPPER.createArrayNode();
    found.forEach(list::add);
    Response.ResponseBuilder answer = Response.ok(Json.write(list));
    if (found.size() == rows) {
      ObjectNode last = found.get(rows - 1);
      String cursor = last.path(orderedBy).asText() + " " + last.path(key).asText();
      String encoded =
          Base64.getUrlEncoder()
              .withoutPadding()
              .encodeToString(cursor.getBytes(StandardCharsets.UTF_8));
      String next =
          uri.getRequestUriBuilder().replaceQueryParam("cursor", encoded).build().toString();
      answer.header("Link", "<" + next + ">; rel=\"next\"");
    }
    return answer.build();
  }
}

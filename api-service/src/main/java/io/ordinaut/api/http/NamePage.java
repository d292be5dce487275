package io.ordinaut.api.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.json.Json;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of a list in the order of names, by keyset.
 *
 * @param rows the most rows
 * @param after the name that came last; empty for the first page
 */
public record NamePage(int rows, String after) {
  private static final int LONGEST = 400;

  static @Nullable NamePage after(@Nullable String cursor, int rows) {
    if (cursor == null) {
      return new NamePage(rows, "");
    }
    try {
      String name = new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8);
      boolean believable = !name.isEmpty() && name.length() <= LONGEST && name.indexOf('\0') < 0;
      return believable ? new NamePage(rows, name) : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** Rows with their {@code name}, as a JSON array; with a link if there may be more. */
  public Response answer(List<ObjectNode> found, UriInfo uri) {
    ArrayNode list = Json.MAPPER.createArrayNode();
    found.forEach(list::add);
    Response.ResponseBuilder answer = Response.ok(Json.write(list));
    if (found.size() == rows) {
      String cursor =
          Base64.getUrlEncoder()
              .withoutPadding()
              .encodeToString(
                  found.get(rows - 1).path("name").asText().getBytes(StandardCharsets.UTF_8));
      String next =
          uri.getRequestUriBuilder().replaceQueryParam("cursor", cursor).build().toString();
      answer.header("Link", "<" + next + ">; rel=\"next\"");
    }
    return answer.build();
  }
}

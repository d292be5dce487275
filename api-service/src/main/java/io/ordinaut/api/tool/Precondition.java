package io.ordinaut.api.tool;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.api.http.Problem;
import jakarta.ws.rs.core.EntityTag;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@code If-Match} (RFC 9110, section 13.1.1) on rows that count their versions. */
final class Precondition {
  private Precondition() {}

  /**
   * Holds a row against what the caller has seen of it.
   *
   * @throws Problem 412 when it is another one by now, or gone
   */
  static void check(@Nullable String ifMatch, Optional<ObjectNode> row) {
    if (ifMatch == null) {
      return;
    }
    if (row.isEmpty()) {
      throw new Problem(412, "There is nothing of that name to match.");
    }
    String tag = "\"" + row.get().get("version").asText() + "\"";
    if (!ifMatch.equals("*") && !ifMatch.equals(tag)) {
      throw new Problem(412, "It has changed; its ETag is " + tag + ".");
    }
  }

  static EntityTag tag(ObjectNode row) {
    return new EntityTag(row.get("version").asText());
  }
}

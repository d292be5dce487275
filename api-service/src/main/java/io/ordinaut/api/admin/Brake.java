package io.ordinaut.api.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.json.Json;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Whether everything is paused.
 *
 * @param since when it was; null while it is not
 * @param reason as somebody told it, may be null
 */
public record Brake(@Nullable Instant since, @Nullable String reason) {
  /** As it is shown: {@code {paused, since, reason}}. */
  public ObjectNode json() {
    return Json.object()
        .put("paused", since != null)
        .put("since", since == null ? null : since.toString())
        .put("reason", reason);
  }
}

package io.ordinaut.api.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.failure.InvalidInputException;
import io.ordinaut.json.Json;

/** JSON merge patch, RFC 7396, section 2. */
final class MergePatch {
  private MergePatch() {}

  /**
   * The document with the patch applied.
   *
   * @throws InvalidInputException when the patch is no object
   */
  static JsonNode apply(ObjectNode document, JsonNode patch) {
    if (!patch.isObject()) {
      throw new InvalidInputException("body", "must be a JSON object.");
    }
    return merge(document, patch);
  }

  private static JsonNode merge(JsonNode target, JsonNode patch) {
    if (!patch.isObject()) {
      return patch;
    }
    ObjectNode merged = target.isObject() ? ((ObjectNode) target).deepCopy() : Json.object();
    patch
        .fields()
        .forEachRemaining(
            field -> {
              if (field.getValue().isNull()) {
                merged.remove(field.getKey());
              } else {
                merged.set(field.getKey(), merge(merged.path(field.getKey()), field.getValue()));
              }
            });
    return merged;
  }
}

package io.ordinaut.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.burt.jmespath.jackson.JacksonRuntime;
import io.ordinaut.json.Json;
import java.util.Collection;

/**
 * JMESPath with bounds: an expression of a few characters can double a value again and again, and
 * one that yields its own context would make a circle of what belongs in a tree.
 */
final class BoundedRuntime extends JacksonRuntime {
  private static final int MOST_ELEMENTS = 65_536;

  /** About how many bytes a value may have. */
  private static final int LARGEST = 1_048_576;

  @Override
  public JsonNode createArray(Collection<JsonNode> elements) {
    if (elements.size() > MOST_ELEMENTS) {
      throw new ExpressionException(
          "The expression yields a list of more than " + MOST_ELEMENTS + " elements.");
    }
    return super.createArray(elements);
  }

  /** A value of its own, sharing nothing with the context. */
  static JsonNode copy(JsonNode value) {
    return new Copy().of(value, 1);
  }

  /** One copying, with what is left of its bounds. */
  private static final class Copy {
    private int size;

    JsonNode of(JsonNode value, int depth) {
      size += value.isTextual() ? value.textValue().length() + 2 : 8;
      if (size > LARGEST || depth > Json.MAX_DEPTH) {
        throw new ExpressionException(
            "The expression yields a value that is larger than 1 MiB or nested deeper than "
                + Json.MAX_DEPTH
                + " levels.");
      }
      if (value instanceof ObjectNode object) {
        ObjectNode copy = Json.object();
        for (var field : object.properties()) {
          size += field.getKey().length() + 4;
          copy.set(field.getKey(), of(field.getValue(), depth + 1));
        }
        return copy;
      }
      if (value instanceof ArrayNode array) {
        ArrayNode copy = Json.MAPPER.createArrayNode();
        for (JsonNode element : array) {
          copy.add(of(element, depth + 1));
        }
        return copy;
      }
      return value;
    }
  }
}

package io.ordinaut.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.burt.jmespath.RuntimeConfiguration;
import io.burt.jmespath.function.FunctionRegistry;
import io.burt.jmespath.jackson.JacksonRuntime;
import io.ordinaut.json.Json;
import java.util.Collection;
import java.util.Map;

/**
 * JMESPath with bounds: an expression of a few characters can double a value again and again, and
 * one that yields its own context would make a circle of what belongs in a tree. So each value that
 * is made on the way is measured when it is made.
 */
final class BoundedRuntime extends JacksonRuntime {
  private static final int MOST_ELEMENTS = 65_536;

  /** About how many bytes a value may have. */
  private static final int LARGEST = 1_048_576;

  BoundedRuntime() {
    super(
        RuntimeConfiguration.builder()
            .withFunctionRegistry(FunctionRegistry.defaultRegistry().extend(new BoundedJoin()))
            .build());
  }

  @Override
  public JsonNode createArray(Collection<JsonNode> elements) {
    if (elements.size() > MOST_ELEMENTS) {
      throw new ExpressionException(
          "The expression yields a list of more than " + MOST_ELEMENTS + " elements.");
    }
    return measured(super.createArray(elements));
  }

  @Override
  public JsonNode createObject(Map<JsonNode, JsonNode> fields) {
    return measured(super.createObject(fields));
  }

  @Override
  public JsonNode createString(String text) {
    checkLength(text.length());
    return super.createString(text);
  }

  @Override
  public String toString(JsonNode value) {
    return super.toString(measured(value));
  }

  static void checkLength(long length) {
    if (length > LARGEST) {
      throw tooLarge();
    }
  }

  private static ExpressionException tooLarge() {
    return new ExpressionException(
        "The expression yields a value that is larger than 1 MiB or nested deeper than "
            + Json.MAX_DEPTH
            + " levels.");
  }

  /** The same value, unless it is too large; shared parts count each time they are met. */
  private static JsonNode measured(JsonNode value) {
    sizeOf(value, LARGEST, 1);
    return value;
  }

  /**
   * About how many bytes a value has.
   *
   * @param most that it may have
   * @throws ExpressionException when it has more, or is nested too deep
   */
  static int sizeOf(JsonNode value, int most, int depth) {
    int size = value.isTextual() ? value.textValue().length() + 2 : 8;
    if (size > most || depth > Json.MAX_DEPTH) {
      throw tooLarge();
    }
    if (value.isObject()) {
      for (var field : value.properties()) {
        size += field.getKey().length() + 4;
        size += sizeOf(field.getValue(), most - size, depth + 1);
      }
    } else if (value.isArray()) {
      for (JsonNode element : value) {
        size += sizeOf(element, most - size, depth + 1);
      }
    }
    return size;
  }

  /** A value of its own, sharing nothing with the context. */
  static JsonNode copy(JsonNode value) {
    return copied(measured(value));
  }

  private static JsonNode copied(JsonNode value) {
    if (value instanceof ObjectNode object) {
      ObjectNode copy = Json.object();
      for (var field : object.properties()) {
        copy.set(field.getKey(), copied(field.getValue()));
      }
      return copy;
    }
    if (value instanceof ArrayNode array) {
      ArrayNode copy = Json.MAPPER.createArrayNode();
      for (JsonNode element : array) {
        copy.add(copied(element));
      }
      return copy;
    }
    return value;
  }
}

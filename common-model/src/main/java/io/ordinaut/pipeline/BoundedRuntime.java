package io.ordinaut.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.burt.jmespath.JmesPathType;
import io.burt.jmespath.RuntimeConfiguration;
import io.burt.jmespath.function.FunctionRegistry;
import io.burt.jmespath.jackson.JacksonRuntime;
import io.ordinaut.json.Json;
import io.ordinaut.json.Storable;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.List;
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

  /** Numbers with more digits behind the point, or zeros before it, can't be stored. */
  private static final int MOST_SCALE = 400;

  /** A value without text in it counts as as many bytes. */
  private static final int BYTES_PER_VALUE = 8;

  BoundedRuntime() {
    super(
        RuntimeConfiguration.builder()
            .withFunctionRegistry(
                FunctionRegistry.defaultRegistry()
                    .extend(new BoundedJoin(), new BoundedContains(), new ExactNumber()))
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
  public JsonNode createNumber(double number) {
    if (!Double.isFinite(number)) {
      throw new ExpressionException("The expression yields a number that a double can't hold.");
    }
    return super.createNumber(number);
  }

  /** A literal, with all the digits of its numbers. */
  @Override
  public JsonNode parseString(String literal) {
    JsonNode value;
    try {
      value = Json.read(literal);
    } catch (UncheckedIOException e) {
      throw new ExpressionException("holds a literal that can't be read.");
    }
    return asStored(value);
  }

  private static JsonNode asStored(JsonNode literal) {
    if (literal.isNumber()) {
      if (!Storable.isStorable(literal)) {
        throw new ExpressionException("holds a literal with a number that a double can't hold.");
      }
      return Storable.asStored(literal);
    }
    if (literal instanceof ObjectNode object) {
      object.properties().forEach(field -> field.setValue(asStored(field.getValue())));
    } else if (literal instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        array.set(i, asStored(array.get(i)));
      }
    }
    return literal;
  }

  @Override
  public List<JsonNode> toList(JsonNode value) {
    Effort.spend(1 + value.size());
    return super.toList(value);
  }

  @Override
  public JmesPathType typeOf(JsonNode value) {
    Effort.spend(1);
    return super.typeOf(value);
  }

  @Override
  public boolean isTruthy(JsonNode value) {
    Effort.spend(1);
    return super.isTruthy(value);
  }

  @Override
  public JsonNode getProperty(JsonNode value, JsonNode name) {
    Effort.spend(1);
    return super.getProperty(value, name);
  }

  @Override
  public Collection<JsonNode> getPropertyNames(JsonNode value) {
    Effort.spend(1 + value.size());
    return super.getPropertyNames(value);
  }

  @Override
  public int compare(JsonNode one, JsonNode other) {
    // Texts may be long and alike; what is within other values is compared one by one.
    int length = Math.min(lengthOf(one), lengthOf(other));
    Effort.spend(1 + length / BYTES_PER_VALUE);
    return isExact(one) && isExact(other)
        ? one.decimalValue().compareTo(other.decimalValue())
        : super.compare(one, other);
  }

  /** As doubles, long numbers that differ in their last digits would be equal. */
  private static boolean isExact(JsonNode value) {
    if (value.isBigDecimal()) {
      int scale = value.decimalValue().scale();
      return scale >= -MOST_SCALE && scale <= MOST_SCALE;
    }
    return value.isNumber() && Double.isFinite(value.doubleValue());
  }

  private static int lengthOf(JsonNode value) {
    return value.isTextual() ? value.textValue().length() : 0;
  }

  @Override
  public JsonNode createString(String text) {
    checkLength(text.length());
    Effort.spend(1 + text.length() / BYTES_PER_VALUE);
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
    Effort.spend(1 + sizeOf(value, LARGEST, 1) / BYTES_PER_VALUE);
    return value;
  }

  /**
   * About how many bytes a value has.
   *
   * @param most that it may have
   * @throws ExpressionException when it has more, or is nested too deep
   */
  static int sizeOf(JsonNode value, int most, int depth) {
    int size = value.isTextual() ? value.textValue().length() + 2 : BYTES_PER_VALUE;
    if (value.isBigDecimal() || value.isBigInteger()) {
      size = Math.max(size, Storable.lengthOf(value));
    }
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

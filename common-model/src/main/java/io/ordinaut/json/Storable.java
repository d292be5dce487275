package io.ordinaut.json;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.Violations;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;

/** What PostgreSQL can keep of JSON: no U+0000, and numbers of a believable size. */
public final class Storable {
  /** Far beyond a double, far below what {@code numeric} refuses. */
  private static final int MOST_DIGITS = 400;

  /**
   * The order in which {@code jsonb} gives the names of an object back: shorter ones first, in
   * bytes of UTF-8.
   */
  public static final Comparator<String> ORDER_OF_NAMES =
      Comparator.comparing(
          (String name) -> name.getBytes(StandardCharsets.UTF_8),
          Comparator.<byte[]>comparingInt(bytes -> bytes.length)
              .thenComparing(Arrays::compareUnsigned));

  private Storable() {}

  /** Notes every value of a document that can't be stored, with its path. */
  public static void check(JsonNode node, String path, Violations violations) {
    if (node.isTextual() && hasNul(node.textValue())) {
      violations.add(path, "must not contain the character U+0000.");
    } else if (node.isNumber() && !isStorable(node)) {
      violations.add(path, "must be a number that a double can hold.");
    } else if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        check(node.get(i), path + "[" + i + "]", violations);
      }
    } else if (node.isObject()) {
      for (var field : node.properties()) {
        String name = field.getKey();
        if (hasNul(name)) {
          violations.add(path, "must not have a field whose name contains the character U+0000.");
        } else {
          check(field.getValue(), path + "." + name, violations);
        }
      }
    }
  }

  private static boolean hasNul(String text) {
    return text.indexOf('\0') >= 0;
  }

  /** A number as it is read back: without an exponent where it is whole. */
  public static JsonNode asStored(JsonNode number) {
    if (number.isIntegralNumber()) {
      return number;
    }
    BigDecimal value = number.decimalValue();
    return value.scale() < 0
        ? Json.read(value.toPlainString())
        : Json.MAPPER.getNodeFactory().numberNode(value);
  }

  /** Whether a number can be stored and read back. */
  public static boolean isStorable(JsonNode number) {
    if (number.isIntegralNumber()) {
      return number.bigIntegerValue().bitLength() <= 1_024;
    }
    BigDecimal value = number.decimalValue();
    return Math.abs((long) value.scale()) <= MOST_DIGITS
        && value.precision() <= MOST_DIGITS
        && Double.isFinite(value.doubleValue());
  }
}

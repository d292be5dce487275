package io.ordinaut.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.ordinaut.failure.Violations;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;

/**
 * What PostgreSQL can keep of JSON: texts that UTF-8 can write, without U+0000, and numbers of a
 * believable size.
 */
public final class Storable {
  /** Far beyond a double, far below what {@code numeric} refuses. */
  private static final int MOST_DIGITS = 400;

  private static final double DIGITS_OF_BIT = Math.log10(2);

  /** What no text may contain: the end of a sentence. */
  static final String UNSTORABLE =
      "the character U+0000 or half of a surrogate pair, which can't be stored.";

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
    if (node.isTextual() && !isStorable(node.textValue())) {
      violations.add(path, "must not contain " + UNSTORABLE);
    } else if (node.isNumber() && !isStorable(node)) {
      violations.add(path, "must be a number that a double can hold.");
    } else if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        check(node.get(i), path + "[" + i + "]", violations);
      }
    } else if (node.isObject()) {
      for (var field : node.properties()) {
        String name = field.getKey();
        if (!isStorable(name)) {
          violations.add(path, "must not have a field whose name contains " + UNSTORABLE);
        } else {
          check(field.getValue(), path + "." + name, violations);
        }
      }
    }
  }

  /** Whether a text can be stored and read back. */
  static boolean isStorable(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (isUnstorable(text, i)) {
        return false;
      }
    }
    return true;
  }

  /** U+0000, or half of a character that UTF-16 writes as two. */
  private static boolean isUnstorable(String text, int at) {
    char c = text.charAt(at);
    if (!Character.isSurrogate(c)) {
      return c == '\0';
    }
    return Character.isHighSurrogate(c)
        ? at + 1 == text.length() || !Character.isLowSurrogate(text.charAt(at + 1))
        : at == 0 || !Character.isHighSurrogate(text.charAt(at - 1));
  }

  /** A text with U+FFFD for each character that can't be stored; the very same when it has none. */
  public static String asStored(String text) {
    if (isStorable(text)) {
      return text;
    }
    StringBuilder stored = new StringBuilder(text);
    for (int i = 0; i < text.length(); i++) {
      if (isUnstorable(text, i)) {
        stored.setCharAt(i, '\uFFFD');
      }
    }
    return stored.toString();
  }

  /** A number as it is read back: without an exponent where it is whole, in the smallest type. */
  public static JsonNode asStored(JsonNode number) {
    if (number.isIntegralNumber()) {
      return whole(number);
    }
    BigDecimal value = number.decimalValue();
    return value.scale() < 0
        ? Json.read(value.toPlainString())
        : Json.MAPPER.getNodeFactory().numberNode(value);
  }

  private static JsonNode whole(JsonNode number) {
    JsonNodeFactory nodes = Json.MAPPER.getNodeFactory();
    if (number.canConvertToInt()) {
      return nodes.numberNode(number.intValue());
    }
    return number.canConvertToLong() ? nodes.numberNode(number.longValue()) : number;
  }

  /** Whether each number in a document can be stored and read back. */
  public static boolean areNumbersStorable(JsonNode node) {
    if (node.isNumber()) {
      return isStorable(node);
    }
    for (JsonNode within : node) {
      if (!areNumbersStorable(within)) {
        return false;
      }
    }
    return true;
  }

  /** How many characters a number may have that can be stored, where it is written out. */
  public static int lengthOf(JsonNode number) {
    if (number.isBigInteger()) {
      return (int) (number.bigIntegerValue().bitLength() * DIGITS_OF_BIT) + 2;
    }
    if (!number.isBigDecimal()) {
      return number.asText().length();
    }
    BigDecimal value = number.decimalValue();
    int scale = Math.max(-MOST_DIGITS, Math.min(MOST_DIGITS, value.scale()));
    return Math.max(value.precision() - Math.min(scale, 0), scale) + 3;
  }

  /** Whether a number can be stored and read back. */
  public static boolean isStorable(JsonNode number) {
    if (number.isDouble() || number.isFloat()) {
      return Double.isFinite(number.doubleValue());
    }
    if (number.isIntegralNumber()) {
      return number.canConvertToLong() || number.bigIntegerValue().bitLength() <= 1_024;
    }
    BigDecimal value = number.decimalValue();
    return Math.abs((long) value.scale()) <= MOST_DIGITS
        && value.precision() <= MOST_DIGITS
        && Double.isFinite(value.doubleValue());
  }
}

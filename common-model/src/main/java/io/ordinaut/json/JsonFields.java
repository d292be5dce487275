package io.ordinaut.json;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.Violations;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads the fields of one JSON object, noting every fault with the field's path. A field that is
 * absent or null yields the default. {@link #refuseUnknown()} names what nobody asked for.
 */
public final class JsonFields {
  private final JsonNode object;
  private final String prefix;
  private final Violations violations;
  private final Set<String> known = new HashSet<>();

  /**
   * @param object what was sent; anything but an object is itself a fault
   * @param path where it stands in the document, empty for the document itself
   */
  public JsonFields(JsonNode object, String path, Violations violations) {
    this.object = object;
    this.prefix = path.isEmpty() ? "" : path + ".";
    this.violations = violations;
    if (!object.isObject()) {
      violations.add(path.isEmpty() ? "body" : path, "must be a JSON object.");
    }
  }

  /** The full path of a field. */
  public String path(String field) {
    return prefix + field;
  }

  /** Notes a fault of a field. */
  public void fault(String field, String message) {
    violations.add(path(field), message);
  }

  /** The raw value, null when absent or JSON null. */
  public @Nullable JsonNode node(String field) {
    known.add(field);
    JsonNode value = object.get(field);
    return value == null || value.isNull() ? null : value;
  }

  /** A text within the given number of characters, or the default. */
  public String text(String field, String absent, int min, int max) {
    String value = text(field, max);
    if (value == null) {
      return absent;
    }
    if (value.codePointCount(0, value.length()) < min) {
      fault(field, "must not be " + (min == 1 ? "empty." : "shorter than " + min + " characters."));
    }
    return value;
  }

  /** A text that must be there. */
  public String required(String field, int max) {
    if (node(field) == null) {
      fault(field, "is required.");
      return "";
    }
    return text(field, "", 1, max);
  }

  /** An optional text of at most {@code max} characters. */
  public @Nullable String text(String field, int max) {
    JsonNode value = node(field);
    if (value == null) {
      return null;
    }
    if (!value.isTextual()) {
      fault(field, "must be a string.");
      return null;
    }
    String text = value.textValue();
    if (!Storable.isStorable(text)) {
      fault(field, "must not contain " + Storable.UNSTORABLE);
      return null;
    }
    if (text.codePointCount(0, text.length()) > max) {
      fault(field, "must not be longer than " + max + " characters.");
      return null;
    }
    return text;
  }

  /** A whole number within the bounds, both inclusive, or the default. */
  public int integer(String field, int absent, int min, int max) {
    Long value = integer(field, min, (long) max);
    return value == null ? absent : value.intValue();
  }

  /** An optional whole number within the bounds, both inclusive. */
  public @Nullable Long integer(String field, long min, long max) {
    JsonNode value = node(field);
    if (value == null) {
      return null;
    }
    if (!value.isIntegralNumber()
        || !value.canConvertToLong()
        || value.longValue() < min
        || value.longValue() > max) {
      fault(field, "must be a whole number from " + min + " to " + max + ".");
      return null;
    }
    return value.longValue();
  }

  /** A number within the bounds, both inclusive, or the default. */
  public double number(String field, double absent, double min, double max) {
    JsonNode value = node(field);
    if (value == null) {
      return absent;
    }
    if (!value.isNumber() || !(value.doubleValue() >= min && value.doubleValue() <= max)) {
      fault(field, "must be a number from " + min + " to " + max + ".");
      return absent;
    }
    return value.doubleValue();
  }

  /** True or false, or the default. */
  public boolean bool(String field, boolean absent) {
    JsonNode value = node(field);
    if (value == null) {
      return absent;
    }
    if (!value.isBoolean()) {
      fault(field, "must be true or false.");
      return absent;
    }
    return value.booleanValue();
  }

  /** An RFC 3339 instant with an offset, cut to microseconds. */
  public @Nullable Instant instant(String field) {
    String text = text(field, 64);
    if (text == null) {
      return null;
    }
    try {
      OffsetDateTime time = OffsetDateTime.parse(text);
      if (time.getYear() > 1970 && time.getYear() < 9999) {
        return time.toInstant().truncatedTo(ChronoUnit.MICROS);
      }
      fault(field, "must be a time between the years 1970 and 9999.");
      return null;
    } catch (DateTimeException e) {
      fault(field, "must be an RFC 3339 time with an offset, such as 2030-01-31T12:00:00Z.");
      return null;
    }
  }

  /** One of the constants of an enum, written in lower case, or the default. */
  public <E extends Enum<E>> E choice(String field, E absent) {
    E value = choice(field, absent.getDeclaringClass());
    return value == null ? absent : value;
  }

  /** One of the constants of an enum, written in lower case; null when absent or none of them. */
  public <E extends Enum<E>> @Nullable E choice(String field, Class<E> type) {
    JsonNode node = node(field);
    if (node == null) {
      return null;
    }
    for (E constant : type.getEnumConstants()) {
      if (node.isTextual() && constant.name().toLowerCase(Locale.ROOT).equals(node.textValue())) {
        return constant;
      }
    }
    fault(
        field,
        "must be one of "
            + Arrays.stream(type.getEnumConstants())
                .map(c -> c.name().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(", "))
            + ".");
    return null;
  }

  /** A list of at most {@code max} elements, each read by the given function with its path. */
  public <T> List<T> list(String field, int max, Function<Element, @Nullable T> read) {
    JsonNode value = node(field);
    if (value == null) {
      return List.of();
    }
    if (!value.isArray()) {
      fault(field, "must be a list.");
      return List.of();
    }
    if (value.size() > max) {
      fault(field, "must not have more than " + max + " elements.");
      return List.of();
    }
    return IntStream.range(0, value.size())
        .mapToObj(i -> read.apply(new Element(value.get(i), path(field) + "[" + i + "]")))
        .filter(Objects::nonNull)
        .map(Objects::requireNonNull)
        .toList();
  }

  /** Notes every field that was not asked for. */
  public void refuseUnknown() {
    object
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!known.contains(name)) {
                fault(name, "is not a known field.");
              }
            });
  }

  /** An element of a list, with its path. */
  public record Element(JsonNode value, String path) {}
}

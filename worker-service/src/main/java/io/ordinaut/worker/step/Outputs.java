package io.ordinaut.worker.step;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.json.Json;
import io.ordinaut.json.Storable;
import io.ordinaut.worker.tool.ToolException;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a tool answered, made fit to be stored: no NUL and no half of a surrogate pair, not too
 * large, not too deep. It becomes what would be read back, names in the same order: written into a
 * text, it must not come out differently after a crash, under the same idempotency key.
 */
public final class Outputs {
  /** About how many bytes of an output are kept. */
  public static final int LARGEST = 256 * 1024;

  /** Bytes of a value, however short. */
  private static final int LEAST = 8;

  private final String what;
  private int size;

  private Outputs(String what) {
    this.what = what;
  }

  /**
   * An input or output with what PostgreSQL can't store in a text replaced by U+FFFD.
   *
   * @param what {@code input} or {@code output}, for the sentence
   * @throws ToolException {@code output_invalid} when it is too large or too deep
   */
  static JsonNode clean(JsonNode value, String what) {
    return new Outputs(what).clean(value, 1);
  }

  /** The same for what becomes an element of a list, one level deeper. */
  static JsonNode cleanElement(JsonNode value, String what) {
    return new Outputs(what).clean(value, 2);
  }

  /** About how many bytes an output has that is clean. */
  public static int sizeOf(JsonNode output) {
    if (output.isTextual()) {
      return bytesOf(output.textValue()) + 2;
    }
    if (output.isNumber()) {
      return sizeOfNumber(output);
    }
    int size = LEAST;
    for (var field : output.properties()) {
      size += bytesOf(field.getKey()) + 4 + sizeOf(field.getValue());
    }
    if (output.isArray()) {
      for (JsonNode element : output) {
        size += sizeOf(element);
      }
    }
    return size;
  }

  private static int sizeOfNumber(JsonNode number) {
    return Math.max(LEAST, Storable.lengthOf(number));
  }

  /** Of a text in UTF-8, where it is escaped as JSON has it. */
  static int bytesOf(String text) {
    int bytes = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < ' ') {
        bytes += c == '\n' || c == '\r' || c == '\t' ? 2 : 6;
      } else if (c < 0x80) {
        bytes++;
      } else {
        bytes += c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
      }
    }
    return bytes;
  }

  private JsonNode clean(JsonNode node, int depth) {
    if (depth > Json.MAX_DEPTH) {
      throw invalid("nested deeper than " + Json.MAX_DEPTH + " levels.");
    }
    if (node.isTextual()) {
      return text(node);
    }
    if (node.isNumber()) {
      return number(node);
    }
    grow(LEAST);
    if (node instanceof ArrayNode array) {
      ArrayNode copy = Json.MAPPER.createArrayNode();
      array.forEach(element -> copy.add(clean(element, depth + 1)));
      return copy;
    } else if (node instanceof ObjectNode object) {
      return fields(object, depth);
    }
    return node;
  }

  private JsonNode number(JsonNode node) {
    if (!Storable.isStorable(node)) {
      throw invalid("not storable: it holds a number that a double can't hold.");
    }
    JsonNode number = Storable.asStored(node);
    grow(sizeOfNumber(number));
    return number;
  }

  private JsonNode fields(ObjectNode object, int depth) {
    Map<String, JsonNode> ordered = new TreeMap<>(Storable.ORDER_OF_NAMES);
    for (var field : object.properties()) {
      grow(bytesOf(field.getKey()) + 4);
      ordered.put(Storable.asStored(field.getKey()), clean(field.getValue(), depth + 1));
    }
    return Json.object().setAll(ordered);
  }

  private JsonNode text(JsonNode node) {
    String text = node.textValue();
    grow(bytesOf(text) + 2);
    String stored = Storable.asStored(text);
    return stored.equals(text) ? node : TextNode.valueOf(stored);
  }

  private void grow(int by) {
    size += by;
    if (size > LARGEST) {
      throw invalid("larger than 256 KiB.");
    }
  }

  private ToolException invalid(String why) {
    return new ToolException(ErrorCode.OUTPUT_INVALID, "The " + what + " is " + why);
  }
}

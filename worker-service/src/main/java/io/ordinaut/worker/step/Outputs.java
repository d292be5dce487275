package io.ordinaut.worker.step;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.json.Json;
import io.ordinaut.json.Storable;
import io.ordinaut.worker.tool.ToolException;

/** What a tool answered, made fit to be stored: no NUL, not too large, not too deep. */
public final class Outputs {
  /** About how many bytes of an output are kept. */
  public static final int LARGEST = 256 * 1024;

  private final String what;
  private int size;

  private Outputs(String what) {
    this.what = what;
  }

  /**
   * An input or output with U+0000, which PostgreSQL can't store, replaced by U+FFFD.
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
    Outputs measured = new Outputs("output");
    measured.clean(output, 1);
    return measured.size;
  }

  private JsonNode clean(JsonNode node, int depth) {
    if (depth > Json.MAX_DEPTH) {
      throw invalid("nested deeper than " + Json.MAX_DEPTH + " levels.");
    }
    if (node.isTextual()) {
      return text(node);
    }
    grow(8);
    if (node instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        JsonNode cleaned = clean(array.get(i), depth + 1);
        if (cleaned != array.get(i)) {
          return rebuilt(array, depth);
        }
      }
    } else if (node instanceof ObjectNode object) {
      return fields(object, depth);
    } else if (node.isNumber() && !Storable.isStorable(node)) {
      throw invalid("not storable: it holds a number that a double can't hold.");
    }
    return node;
  }

  private JsonNode rebuilt(ArrayNode array, int depth) {
    ArrayNode copy = Json.MAPPER.createArrayNode();
    array.forEach(element -> copy.add(clean(element, depth + 1)));
    return copy;
  }

  private JsonNode fields(ObjectNode object, int depth) {
    ObjectNode copy = Json.object();
    boolean changed = false;
    for (var field : object.properties()) {
      grow(field.getKey().length() + 4);
      JsonNode cleaned = clean(field.getValue(), depth + 1);
      String name = field.getKey().replace('\0', '\uFFFD');
      changed |= cleaned != field.getValue() || !name.equals(field.getKey());
      copy.set(name, cleaned);
    }
    return changed ? copy : object;
  }

  private JsonNode text(JsonNode node) {
    String text = node.textValue();
    grow(text.length() + 2);
    return text.indexOf('\0') < 0 ? node : TextNode.valueOf(text.replace('\0', '\uFFFD'));
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

package io.ordinaut.worker.secret;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.ordinaut.json.Json;
import io.ordinaut.json.Storable;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds secrets however they were written: plain, URL-encoded, with the escapes of JSON or HTML, in
 * base64 also within something larger, broken over lines, and any three of these upon each other.
 * Base64 of what is not text is seen through once.
 */
final class Mask {
  /** Hides nothing. */
  static final Mask NONE = new Mask(Set.of());

  private static final Pattern DECIMAL = Pattern.compile("[+-]?\\d{1,300}(\\.\\d{1,300})?");

  /** How many encodings upon each other are seen through. */
  private static final int LAYERS = 3;

  /** How often as much as the text itself is read in all, so that no text costs much more. */
  private static final int MOST_READ = 32;

  private static final List<Decoding> DECODINGS = List.of(Decoding.values());

  private final Needles needles;
  private final List<Double> numbers = new ArrayList<>();

  Mask(Collection<String> secrets) {
    Set<Needle> all = new LinkedHashSet<>();
    for (String secret : secrets) {
      all.addAll(Needle.of(secret));
      if (DECIMAL.matcher(secret.strip()).matches()) {
        numbers.add(Double.valueOf(secret.strip()));
      }
    }
    needles = new Needles(all);
  }

  /** The same text with the mask for each secret. */
  String over(String text) {
    if (needles.isEmpty() || text.length() < Needle.SHORTEST) {
      return text;
    }
    BitSet hidden = new BitSet();
    look(View.of(text), hidden);
    return hidden.isEmpty() ? text : covered(text, hidden);
  }

  /**
   * Looks at a text, and at how it reads behind each encoding, behind two, and so on. What reads
   * the same is looked at once: most encodings may be taken off in any order.
   */
  private void look(View text, BitSet hidden) {
    Set<String> seen = new HashSet<>(Set.of(text.text()));
    List<View> layer = List.of(text);
    long left = MOST_READ * (long) text.text().length();
    for (int layers = 0; !layer.isEmpty() && layers <= LAYERS; layers++) {
      List<View> next = new ArrayList<>();
      for (View view : layer) {
        left -= view.text().length();
        if (left < 0) {
          return;
        }
        needles.mark(view, hidden);
        if (layers < LAYERS) {
          behind(view, seen, next);
        }
      }
      layer = next;
    }
  }

  private static void behind(View view, Set<String> seen, List<View> next) {
    for (Decoding decoding : DECODINGS) {
      add(view.through(decoding), seen, next);
    }
    add(view.behindBase64(), seen, next);
  }

  private static void add(@Nullable View view, Set<String> seen, List<View> next) {
    if (view != null && seen.add(view.text())) {
      next.add(view);
    }
  }

  private static String covered(String text, BitSet hidden) {
    StringBuilder covered = new StringBuilder();
    int at = 0;
    while (at < text.length()) {
      int from = hidden.nextSetBit(at);
      if (from < 0) {
        return covered.append(text, at, text.length()).toString();
      }
      covered.append(text, at, from).append(Secrets.MASK);
      at = hidden.nextClearBit(from);
    }
    return covered.toString();
  }

  /** The same value with the mask for each secret; the very same when there is none in it. */
  JsonNode over(JsonNode value) {
    if (needles.isEmpty()) {
      return value;
    }
    if (value.isTextual()) {
      String text = value.textValue();
      String covered = over(text);
      return covered.equals(text) ? value : TextNode.valueOf(covered);
    }
    if (value instanceof ArrayNode array) {
      return elements(array);
    }
    if (value instanceof ObjectNode object) {
      return fields(object);
    }
    return value.isNumber() && holdsSecret(value) ? TextNode.valueOf(Secrets.MASK) : value;
  }

  /** A secret of digits may come back as a number, and then in another notation. */
  private boolean holdsSecret(JsonNode number) {
    String text = number.asText();
    if (!over(text).equals(text) || numbers.contains(number.doubleValue())) {
      return true;
    }
    if (!number.isFloatingPointNumber() || !Storable.isStorable(number)) {
      return false;
    }
    String plain = number.decimalValue().toPlainString();
    return !over(plain).equals(plain);
  }

  private JsonNode elements(ArrayNode array) {
    ArrayNode copy = Json.MAPPER.createArrayNode();
    boolean changed = false;
    for (JsonNode element : array) {
      JsonNode covered = over(element);
      changed |= covered != element;
      copy.add(covered);
    }
    return changed ? copy : array;
  }

  private JsonNode fields(ObjectNode object) {
    ObjectNode copy = Json.object();
    boolean changed = false;
    for (var field : object.properties()) {
      JsonNode covered = over(field.getValue());
      String name = over(field.getKey());
      if (!name.equals(field.getKey())) {
        name = unused(name, object, copy);
      }
      changed |= covered != field.getValue() || !name.equals(field.getKey());
      copy.set(name, covered);
    }
    return changed ? copy : object;
  }

  /** Two names that differ in their secrets only stay two. */
  private static String unused(String name, ObjectNode object, ObjectNode copy) {
    String free = name;
    for (int number = 2; object.has(free) || copy.has(free); number++) {
      free = name + number;
    }
    return free;
  }
}

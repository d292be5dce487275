package io.ordinaut.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A JSON value with {@code ${…}} in its texts. A text that is one expression yields the typed
 * value; inside other text an expression yields text. {@code $${} stands for a literal {@code ${},
 * also in the names of fields, which hold no expressions. What an expression yields is data: it is never looked at for further expressions.
 */
public final class Template {
  private final Part whole;
  private final Set<String> secrets;
  private final boolean readsItem;

  private Template(Part whole, Set<String> secrets, boolean readsItem) {
    this.whole = whole;
    this.secrets = secrets;
    this.readsItem = readsItem;
  }

  /**
   * Fills the template.
   *
   * @throws ExpressionException when an expression fails over the context, or all take too long
   */
  public JsonNode render(JsonNode context) {
    return Effort.limited(Effort.MOST, () -> whole.render(context, new Room()));
  }

  /** The names of the secrets that it reads. */
  public Set<String> secrets() {
    return secrets;
  }

  /** Whether it reads the element for which its step is done. */
  public boolean readsItem() {
    return readsItem;
  }

  /**
   * Compiles a value, noting every fault with its path.
   *
   * @param scope the names that expressions may begin with
   */
  public static Template compile(JsonNode source, String path, Scope scope, Violations violations) {
    Compiler compiler = new Compiler(scope, violations);
    Part whole = compiler.compile(source, path);
    return new Template(whole, Set.copyOf(compiler.secrets), compiler.readsItem);
  }

  /** A value within the template. */
  private interface Part {
    JsonNode render(JsonNode context, Room room);
  }

  /** What is left of the size that a whole rendering may have. */
  private static final class Room {
    private static final int LARGEST = 4_194_304;

    private int left = LARGEST;

    JsonNode taken(JsonNode value) {
      left -= BoundedRuntime.sizeOf(value, left, 1);
      return value;
    }
  }

  /** One compilation, with the secrets met so far. */
  private static final class Compiler {
    private final Scope scope;
    private final Violations violations;
    private final Set<String> secrets = new TreeSet<>();
    private boolean readsItem;

    Compiler(Scope scope, Violations violations) {
      this.scope = scope;
      this.violations = violations;
    }

    Part compile(JsonNode source, String path) {
      if (source.isTextual()) {
        return text(source.textValue(), path);
      }
      if (source.isObject()) {
        return object((ObjectNode) source, path);
      }
      if (source.isArray()) {
        return array((ArrayNode) source, path);
      }
      return (context, room) -> source;
    }

    private Part object(ObjectNode source, String path) {
      List<String> names = new ArrayList<>();
      List<Part> values = new ArrayList<>();
      for (var field : source.properties()) {
        String at = path + "." + field.getKey();
        if (!TemplateText.isLiteral(field.getKey())) {
          violations.add(
              at,
              "is a name with ${ in it: only values are evaluated; write $${ for a literal ${.");
        }
        names.add(field.getKey().replace("$${", "${"));
        values.add(compile(field.getValue(), at));
      }
      return (context, room) -> {
        ObjectNode rendered = Json.object();
        for (int i = 0; i < names.size(); i++) {
          rendered.set(names.get(i), values.get(i).render(context, room));
        }
        return rendered;
      };
    }

    private Part array(ArrayNode source, String path) {
      List<Part> values = new ArrayList<>();
      for (int i = 0; i < source.size(); i++) {
        values.add(compile(source.get(i), path + "[" + i + "]"));
      }
      return (context, room) -> {
        ArrayNode rendered = Json.MAPPER.createArrayNode();
        values.forEach(value -> rendered.add(value.render(context, room)));
        return rendered;
      };
    }

    private Part text(String source, String path) {
      List<String> faults = new ArrayList<>();
      List<Object> parts = TemplateText.split(source, scope, faults);
      if (!faults.isEmpty()) {
        faults.forEach(fault -> violations.add(path, fault));
        return (context, room) -> TextNode.valueOf(source);
      }
      for (Object part : parts) {
        if (part instanceof Expression expression) {
          secrets.addAll(expression.secrets());
          readsItem |= expression.readsItem();
        }
      }
      if (parts.size() == 1 && parts.get(0) instanceof Expression only) {
        return (context, room) -> room.taken(only.evaluate(context));
      }
      if (parts.stream().noneMatch(Expression.class::isInstance)) {
        TextNode literal = TextNode.valueOf(String.join("", parts.toArray(String[]::new)));
        return (context, room) -> literal;
      }
      return (context, room) -> room.taken(TextNode.valueOf(join(parts, context)));
    }

    private static String join(List<Object> parts, JsonNode context) {
      StringBuilder rendered = new StringBuilder();
      for (Object part : parts) {
        rendered.append(
            part instanceof Expression expression
                ? TemplateText.textOf(expression.evaluate(context))
                : part);
        if (rendered.length() > TemplateText.LONGEST) {
          throw new ExpressionException("The text is longer than 1 MiB.");
        }
      }
      return rendered.toString();
    }
  }
}

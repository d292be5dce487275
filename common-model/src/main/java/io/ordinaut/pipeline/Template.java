package io.ordinaut.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.Json;
import java.util.ArrayList;
import java.util.List;

/**
 * A JSON value with {@code ${…}} in its texts. A text that is one expression yields the typed
 * value; inside other text an expression yields text. {@code $${} stands for a literal {@code ${}.
 * What an expression yields is data: it is never looked at for further expressions.
 */
public interface Template {
  /**
   * Fills the template.
   *
   * @throws ExpressionException when an expression fails over the context
   */
  JsonNode render(JsonNode context);

  /** Compiles a value, noting every fault with its path. */
  static Template compile(JsonNode source, String path, Violations violations) {
    if (source.isTextual()) {
      return text(source.textValue(), path, violations);
    }
    if (source.isObject()) {
      return object((ObjectNode) source, path, violations);
    }
    if (source.isArray()) {
      return array((ArrayNode) source, path, violations);
    }
    return context -> source;
  }

  private static Template object(ObjectNode source, String path, Violations violations) {
    List<String> names = new ArrayList<>();
    List<Template> values = new ArrayList<>();
    source
        .fields()
        .forEachRemaining(
            field -> {
              names.add(field.getKey());
              values.add(compile(field.getValue(), path + "." + field.getKey(), violations));
            });
    return context -> {
      ObjectNode rendered = Json.object();
      for (int i = 0; i < names.size(); i++) {
        rendered.set(names.get(i), values.get(i).render(context));
      }
      return rendered;
    };
  }

  private static Template array(ArrayNode source, String path, Violations violations) {
    List<Template> values = new ArrayList<>();
    for (int i = 0; i < source.size(); i++) {
      values.add(compile(source.get(i), path + "[" + i + "]", violations));
    }
    return context -> {
      ArrayNode rendered = Json.MAPPER.createArrayNode();
      values.forEach(value -> rendered.add(value.render(context)));
      return rendered;
    };
  }

  private static Template text(String source, String path, Violations violations) {
    List<Object> parts;
    try {
      parts = TemplateText.split(source);
    } catch (ExpressionException e) {
      violations.add(path, String.valueOf(e.getMessage()));
      return context -> TextNode.valueOf(source);
    }
    if (parts.size() == 1 && parts.get(0) instanceof Expression only) {
      return only::evaluate;
    }
    if (parts.stream().noneMatch(Expression.class::isInstance)) {
      TextNode literal = TextNode.valueOf(String.join("", parts.toArray(String[]::new)));
      return context -> literal;
    }
    return context -> {
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
      return TextNode.valueOf(rendered.toString());
    };
  }
}

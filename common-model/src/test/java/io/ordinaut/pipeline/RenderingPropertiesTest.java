package io.ordinaut.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.Json;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever a template is given: data stays data, and only a catalogue error is ever thrown. */
class RenderingPropertiesTest {
  private static final int ROUNDS = 2_500;
  private static final long LARGEST = 4L * 1_048_576;

  private static final List<String> TEXTS =
      List.of(
          "${params.a}",
          "$${",
          "${",
          "}",
          "${now+24h}",
          "${secrets.X}",
          "plain",
          "`",
          "'",
          "\\",
          "{{7*7}}",
          "$",
          "${steps.a || 'x'}",
          "",
          "é\uD83D\uDE00",
          "${keys(@)}");

  private static final List<String> EXPRESSIONS =
      List.of(
          "params.a",
          "params",
          "steps.*",
          "steps.a[0]",
          "steps.a[?b > `1`]",
          "event.x.y.z",
          "length(params.a)",
          "sort(values(params))",
          "join(',', keys(params))",
          "to_string(@)",
          "to_number(params.a)",
          "max_by(steps.a, &b)",
          "merge(params, steps)",
          "now",
          "now-7d",
          "now+999999999w",
          "params.a || 'x'",
          "[params, params][]",
          "map(&@, steps.a)",
          "params.a == steps.a",
          "abs(params.a)");

  private static final String SIGNS = "[]{}()|&.!@'\"`*?:,<>= a1\\$";

  private final Random random = new Random(20_261_122);

  @Test
  void data_is_never_evaluated() {
    for (int round = 0; round < ROUNDS; round++) {
      String data = text();
      ObjectNode context = Json.object().put("now", "2026-01-01T00:00:00Z");
      context.putObject("params").put("a", data);
      assertThat(render("\"${params.a}\"", context).textValue()).isEqualTo(data);
      assertThat(render("\"<${params.a}|${params.a}>\"", context).textValue())
          .isEqualTo("<" + data + "|" + data + ">");
    }
  }

  @Test
  void whatever_is_rendered_ends_in_a_bounded_value_or_in_an_expression_error() {
    int rendered = 0;
    for (int round = 0; round < ROUNDS; round++) {
      ObjectNode context = Json.object().put("now", "2026-01-01T00:00:00Z");
      context.set("params", value(3));
      context.set("steps", value(4));
      context.set("event", value(2));
      Violations violations = new Violations();
      Template template = Template.compile(template(3), "with", Scope.STEP, violations);
      try {
        JsonNode value = template.render(context);
        rendered++;
        assertThat((long) Json.write(value).length()).isLessThan(LARGEST);
        assertThat(depth(value)).isLessThanOrEqualTo(Json.MAX_DEPTH + 4);
      } catch (ExpressionException e) {
        assertThat(e).message().isNotBlank();
      }
    }
    assertThat(rendered).isGreaterThan(ROUNDS / 4);
  }

  @Test
  void whatever_is_compiled_is_compiled_or_named_as_a_violation() {
    for (int round = 0; round < ROUNDS; round++) {
      Violations violations = new Violations();
      Template.compile(
          Json.object().put("x", "${" + garbled() + "}"), "with", Scope.STEP, violations);
      violations.all().forEach(v -> assertThat(v.message()).isNotBlank());
    }
  }

  private static JsonNode render(String json, JsonNode context) {
    Violations violations = new Violations();
    Template template = Template.compile(Json.read(json), "with", Scope.STEP, violations);
    assertThat(violations.all()).isEmpty();
    return template.render(context);
  }

  private String text() {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(4); i >= 0; i--) {
      text.append(one(TEXTS));
    }
    return text.toString();
  }

  private String garbled() {
    StringBuilder text = new StringBuilder(one(EXPRESSIONS));
    for (int i = random.nextInt(4); i > 0; i--) {
      int at = random.nextInt(text.length() + 1);
      if (random.nextBoolean() && at < text.length()) {
        text.deleteCharAt(at);
      } else {
        text.insert(at, SIGNS.charAt(random.nextInt(SIGNS.length())));
      }
    }
    return text.toString();
  }

  private JsonNode template(int depth) {
    int kind = depth == 0 ? 0 : random.nextInt(4);
    if (kind == 1) {
      ObjectNode object = Json.object();
      for (int i = random.nextInt(4); i > 0; i--) {
        object.set("f" + i, template(depth - 1));
      }
      return object;
    }
    if (kind == 2) {
      ArrayNode array = Json.MAPPER.createArrayNode();
      for (int i = random.nextInt(4); i > 0; i--) {
        array.add(template(depth - 1));
      }
      return array;
    }
    String expression = "${" + one(EXPRESSIONS) + "}";
    return Json.object()
        .textNode(random.nextBoolean() ? expression : "a " + expression + " b " + expression);
  }

  private JsonNode value(int depth) {
    switch (depth == 0 ? random.nextInt(5) : random.nextInt(7)) {
      case 0:
        return Json.object().numberNode(random.nextInt());
      case 1:
        return Json.object().textNode(text());
      case 2:
        return Json.object().booleanNode(random.nextBoolean());
      case 3:
        return Json.object().nullNode();
      case 4:
        return Json.object().numberNode(random.nextDouble());
      case 5:
        ArrayNode array = Json.MAPPER.createArrayNode();
        for (int i = random.nextInt(5); i > 0; i--) {
          array.add(value(depth - 1));
        }
        return array;
      default:
        ObjectNode object = Json.object();
        for (String name : List.of("a", "b", "x")) {
          if (random.nextBoolean()) {
            object.set(name, value(depth - 1));
          }
        }
        return object;
    }
  }

  private static int depth(JsonNode value) {
    int deepest = 0;
    for (JsonNode child : value) {
      deepest = Math.max(deepest, depth(child));
    }
    return deepest + 1;
  }

  private String one(List<String> list) {
    return list.get(random.nextInt(list.size()));
  }
}

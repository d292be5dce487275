package io.ordinaut.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.Json;
import io.ordinaut.tests.utils.CpuTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is cheap to write must not be dear to evaluate. */
class EffortTest {
  private static final Duration SOON = Duration.ofSeconds(8);

  /** A hundred values, for each of a hundred, and so on. */
  private static String nested(int levels) {
    String ones = "`[" + String.join(",", Collections.nCopies(100, "1")) + "]`";
    String expression = "`1`";
    for (int i = 0; i < levels; i++) {
      expression = "length(map(&" + expression + "," + ones + "))";
    }
    return expression;
  }

  private static void assertTooLong(Runnable work) {
    Duration took =
        CpuTime.of(
            () ->
                assertThatThrownBy(work::run)
                    .isInstanceOf(ExpressionException.class)
                    .hasMessageContaining("takes too long"));
    assertThat(took).isLessThan(SOON);
  }

  @Test
  void an_expression_that_goes_through_too_many_values_is_an_error() {
    Expression expression = Expression.compile(nested(4), Scope.ANY);
    assertTooLong(() -> expression.evaluate(Json.object()));
    assertThat(Expression.compile(nested(2), Scope.ANY).evaluate(Json.object()).intValue())
        .isEqualTo(100);
  }

  @Test
  void the_expressions_of_one_template_share_what_they_may_do() {
    JsonNode source = Json.MAPPER.valueToTree(Collections.nCopies(200, "${" + nested(2) + "}"));
    Violations violations = new Violations();
    Template template = Template.compile(source, "with", Scope.ANY, violations);
    assertThat(violations.isEmpty()).isTrue();
    assertTooLong(() -> template.render(Json.object()));
  }

  @Test
  void a_long_text_is_not_looked_for_in_a_longer_one() {
    ObjectNode context = Json.object().put("all", "a".repeat(500_000));
    context.put("part", "a".repeat(200_000) + "b");
    assertTooLong(() -> Expression.compile("contains(all, part)", Scope.ANY).evaluate(context));
    assertThat(
            Expression.compile("contains(all, 'ab')", Scope.ANY).evaluate(context).booleanValue())
        .isFalse();
  }

  @Test
  void an_evaluation_ends_when_its_thread_is_interrupted_and_leaves_the_interrupt() {
    Expression expression = Expression.compile(nested(3), Scope.ANY);
    Thread.currentThread().interrupt();
    try {
      assertThatThrownBy(() -> expression.evaluate(Json.object()))
          .isInstanceOf(ExpressionException.class)
          .hasMessageContaining("interrupted");
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void a_condition_that_holds_up_others_may_do_less() {
    Condition condition = Condition.compile(nested(2) + " == `100`", Scope.ANY);
    assertThat(condition.holdsQuickly(Json.object())).isTrue();
    assertThatThrownBy(() -> Condition.compile(nested(3), Scope.ANY).holdsQuickly(Json.object()))
        .isInstanceOf(ExpressionException.class);
  }

  @Test
  void a_schema_whose_references_double_at_each_level_is_a_fault_of_the_value() {
    ObjectNode source = Json.object().put("$ref", "#/$defs/a0");
    ObjectNode rules = source.putObject("$defs");
    for (int i = 0; i < 24; i++) {
      var all = rules.putObject("a" + i).putArray("allOf");
      all.addObject().put("$ref", "#/$defs/a" + (i + 1));
      all.addObject().put("$ref", "#/$defs/a" + (i + 1));
    }
    rules.putObject("a24").put("type", "object");
    assertRefuses(source, Json.object());
  }

  @Test
  void a_schema_whose_checks_double_with_the_depth_of_the_value_is_a_fault_of_the_value() {
    ObjectNode source = Json.object();
    var all = source.putObject("properties").putObject("x").putArray("allOf");
    all.addObject().put("$ref", "#");
    all.addObject().put("$ref", "#");
    ObjectNode value = Json.object();
    for (int i = 0; i < 40; i++) {
      ObjectNode around = Json.object();
      around.set("x", value);
      value = around;
    }
    assertRefuses(source, value);
    assertThat(Schema.compile(source).faults(Json.object().set("x", Json.object()))).isEmpty();
  }

  private static ObjectNode ofPattern(String pattern) {
    return Json.object().put("pattern", pattern);
  }

  @Test
  void a_pattern_that_goes_back_again_and_again_is_a_fault_of_the_value() {
    JsonNode text = TextNode.valueOf("a".repeat(40) + "!");
    assertRefuses(ofPattern("^(.*a){8}$"), text);
    ObjectNode names = Json.object();
    names.putObject("patternProperties").putObject("^(.*a){8}$").put("type", "string");
    assertRefuses(names, Json.object().put(text.textValue(), "x"));
    assertThat(Schema.compile(ofPattern("^(.*a){8}$")).faults(text))
        .singleElement()
        .asString()
        .contains("the pattern ^(.*a){8}$ takes too long: write it so");
  }

  @Test
  void patterns_of_one_check_share_what_they_may_do() {
    ObjectNode source = Json.object();
    source.set("items", ofPattern("a*a*b"));
    JsonNode list = Json.MAPPER.valueToTree(Collections.nCopies(20, "a".repeat(70)));
    assertThat(Schema.compile(source).faults(list)).isNotEmpty().noneMatch(EffortTest::isTooLong);
    JsonNode longer = Json.MAPPER.valueToTree(Collections.nCopies(10_000, "a".repeat(70)));
    assertThat(Schema.compile(source).faults(longer))
        .singleElement()
        .matches(EffortTest::isTooLong);
  }

  private static boolean isTooLong(String fault) {
    return fault.contains("takes too long");
  }

  @Test
  void a_pattern_that_needs_more_stack_than_there_is_is_a_fault_of_the_value() {
    assertRefuses(ofPattern("^(a|b)*$"), TextNode.valueOf("ab".repeat(100_000)));
  }

  @Test
  void a_long_text_matches_a_pattern_that_goes_through_it_once() {
    Schema schema = Schema.compile(ofPattern("^[a-z]+$"));
    assertThat(schema.faults(TextNode.valueOf("a".repeat(250_000)))).isEmpty();
    assertThat(schema.faults(TextNode.valueOf("a".repeat(250_000) + "!")))
        .singleElement()
        .asString()
        .contains("does not match");
  }

  @Test
  void a_match_ends_when_its_thread_is_interrupted() {
    Schema schema = Schema.compile(ofPattern("^(.*a){8}$"));
    Thread.currentThread().interrupt();
    try {
      assertThat(schema.faults(TextNode.valueOf("a".repeat(40) + "!")))
          .singleElement()
          .asString()
          .contains("interrupted");
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  private static void assertRefuses(JsonNode source, JsonNode value) {
    List<String> faults = new ArrayList<>();
    Duration took = CpuTime.of(() -> faults.addAll(Schema.compile(source).faults(value)));
    assertThat(faults).singleElement().asString().contains("takes too long");
    assertThat(took).isLessThan(SOON);
  }

  @Test
  void a_text_is_a_number_only_where_json_has_it_so() {
    assertThat(number("NaN").isNull()).isTrue();
    assertThat(number("-Infinity").isNull()).isTrue();
    assertThat(number("0x1p3").isNull()).isTrue();
    assertThat(number("12").intValue()).isEqualTo(12);
    assertThat(number("1.50").doubleValue()).isEqualTo(1.5);
    assertThat(number("1e3").longValue()).isEqualTo(1_000);
    assertThat(number("12345678901234567890")).hasToString("12345678901234567890");
    assertThatThrownBy(() -> number("1e400"))
        .isInstanceOf(ExpressionException.class)
        .hasMessageContaining("double");
    assertThatThrownBy(
            () -> Expression.compile("sum(`[1e308, 1e308]`)", Scope.ANY).evaluate(Json.object()))
        .isInstanceOf(ExpressionException.class);
  }

  private static JsonNode number(String text) {
    return Expression.compile("to_number('" + text + "')", Scope.ANY).evaluate(Json.object());
  }
}

package io.ordinaut.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.failure.Violation;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.Json;
import org.junit.jupiter.api.Test;

class TemplateTest {
  private static final JsonNode CONTEXT =
      Json.read(
          """
          {"params": {"n": 3, "city": "Chișinău", "evil": "${params.n}", "list": [1, 2]},
           "steps": {"w": {"temp": -2.5}}, "now": "2030-01-31T12:00:00Z"}""");

  private static JsonNode render(String json) {
    Violations violations = new Violations();
    Template template = Template.compile(Json.read(json), "with", Scope.STEP, violations);
    assertThat(violations.all()).isEmpty();
    return template.render(CONTEXT);
  }

  private static String fault(String json) {
    Violations violations = new Violations();
    Template.compile(Json.read(json), "with", Scope.STEP, violations);
    return violations.all().get(0).field() + " " + violations.all().get(0).message();
  }

  @Test
  void every_expression_of_a_text_is_found_fault_with() {
    Violations violations = new Violations();
    Template.compile(
        Json.read("\"${foo}, ${now}, ${bar} and ${\""), "with", Scope.STEP, violations);
    assertThat(violations.all())
        .extracting(Violation::message)
        .satisfiesExactly(
            first -> assertThat(first).startsWith("at position 0 reads foo"),
            second -> assertThat(second).startsWith("at position 16 reads bar"),
            third -> assertThat(third).startsWith("has a ${ at position 27 that no } closes"));
  }

  @Test
  void a_text_that_is_one_expression_keeps_its_type() {
    assertThat(render("\"${params.n}\"").isInt()).isTrue();
    assertThat(render("\"${params.list}\"")).isEqualTo(Json.read("[1, 2]"));
    assertThat(render("\"${steps.nothing.here}\"").isNull()).isTrue();
    assertThat(render("\"${steps.nothing.here || 'x'}\"").textValue()).isEqualTo("x");
  }

  @Test
  void null_may_be_compared_with() {
    assertThat(render("\"${steps.none == null}\"").booleanValue()).isTrue();
  }

  @Test
  void inside_other_text_it_becomes_text() {
    assertThat(render("\"In ${params.city}: ${steps.w.temp} of ${params.list}\"").textValue())
        .isEqualTo("In Chișinău: -2.5 of [1,2]");
    assertThat(render("\"<${steps.none}>\"").textValue()).isEqualTo("<>");
  }

  @Test
  void objects_and_lists_are_rendered_throughout() {
    assertThat(render("{\"a\": [\"${params.n}\", {\"b\": \"x${params.n}\"}], \"c\": 1.50}"))
        .isEqualTo(Json.read("{\"a\": [3, {\"b\": \"x3\"}], \"c\": 1.50}"));
  }

  @Test
  void nothing_is_evaluated_twice() {
    assertThat(render("\"${params.evil}\"").textValue()).isEqualTo("${params.n}");
    assertThat(render("\"again ${params.evil}\"").textValue()).isEqualTo("again ${params.n}");
  }

  @Test
  void a_doubled_dollar_is_a_literal_brace() {
    assertThat(render("\"$${params.n} costs $5 {}\"").textValue())
        .isEqualTo("${params.n} costs $5 {}");
  }

  @Test
  void names_of_fields_are_not_evaluated_and_must_not_look_as_if_they_were() {
    assertThat(fault("{\"a\": {\"${params.n}\": 1}}"))
        .startsWith("with.a.${params.n} is a name with ${ in it: only values are evaluated");
    assertThat(render("{\"$${params.n} $\": \"${params.n}\"}"))
        .isEqualTo(Json.read("{\"${params.n} $\": 3}"));
  }

  @Test
  void braces_and_quotes_inside_an_expression_do_not_end_it() {
    assertThat(render("\"${{a: params.n, b: '}'}}\""))
        .isEqualTo(Json.read("{\"a\": 3, \"b\": \"}\"}"));
    assertThat(render("\"${params.x || `\\\"}\\\"`}\"").textValue()).isEqualTo("}");
  }

  @Test
  void time_can_be_moved() {
    assertThat(render("\"${now}\"").textValue()).isEqualTo("2030-01-31T12:00:00Z");
    assertThat(render("\"${now+24h}\"").textValue()).isEqualTo("2030-02-01T12:00:00Z");
    assertThat(render("\"${now - 7d}\"").textValue()).isEqualTo("2030-01-24T12:00:00Z");
    assertThat(render("\"until ${now+90s}\"").textValue()).isEqualTo("until 2030-01-31T12:01:30Z");
  }

  @Test
  void faults_are_found_when_it_is_compiled() {
    assertThat(fault("{\"a\": [\"fine\", \"${oops\"]}"))
        .startsWith("with.a[1] has a ${ at position 0");
    assertThat(fault("\"${}\"")).contains("empty");
    assertThat(fault("\"${a..b}\"")).contains("not a JMESPath expression");
    assertThat(fault("\"${nofunction(a)}\"")).contains("not a JMESPath expression");
  }

  @Test
  void a_function_that_can_not_take_a_value_says_so() {
    Violations violations = new Violations();
    Template template =
        Template.compile(Json.read("\"${length(params.n)}\""), "with", Scope.STEP, violations);
    assertThatThrownBy(() -> template.render(CONTEXT)).isInstanceOf(ExpressionException.class);
  }

  @Test
  void what_an_expression_yields_shares_nothing_with_its_context() {
    JsonNode whole = render("\"${@}\"");
    assertThat(whole).isEqualTo(CONTEXT).isNotSameAs(CONTEXT);
    assertThat(render("\"${steps}\"")).isNotSameAs(CONTEXT.get("steps"));
  }

  @Test
  void a_value_can_not_grow_without_bounds() {
    for (String grow : new String[] {"|[@,@]", "|[@,@][]"}) {
      Violations violations = new Violations();
      Template template =
          Template.compile(
              Json.read("\"${params.list" + grow.repeat(40) + "}\""),
              "with",
              Scope.STEP,
              violations);
      assertThatThrownBy(() -> template.render(CONTEXT)).isInstanceOf(ExpressionException.class);
    }
  }

  @Test
  void what_the_parser_chokes_on_is_refused() {
    for (String text :
        new String[] {"!".repeat(1_990), "(".repeat(1_900), "params.l[99999999999999]"}) {
      Violations violations = new Violations();
      Template.compile(Json.read("\"${" + text + "}\""), "with", Scope.STEP, violations);
      assertThat(violations.all()).hasSize(1);
    }
  }

  @Test
  void conditions_take_false_and_null_for_no() {
    assertThat(Condition.compile("steps.w.temp < `0`", Scope.STEP).holds(CONTEXT)).isTrue();
    assertThat(Condition.compile("${steps.w.temp > `0`}", Scope.STEP).holds(CONTEXT)).isFalse();
    assertThat(Condition.compile("steps.none", Scope.STEP).holds(CONTEXT)).isFalse();
    assertThat(Condition.compile("params.n", Scope.STEP).holds(CONTEXT)).isTrue();
    assertThatThrownBy(() -> Condition.compile("steps.w.temp < 0", Scope.STEP))
        .isInstanceOf(ExpressionException.class)
        .hasMessageContaining("numbers stand in backticks");
  }

  @Test
  void text_can_not_grow_without_bounds_on_the_way() {
    String quoted = "to_string([".repeat(30) + "'\"'" + "])".repeat(30);
    String long1 = "join(params.city, map(&join(params.city, " + "params.s), params.s))";
    for (String expression : new String[] {quoted, "length(" + quoted + ")", long1}) {
      Violations violations = new Violations();
      Template template =
          Template.compile(
              Json.object().put("x", "${" + expression + "}"), "with", Scope.STEP, violations);
      assertThat(violations.all()).isEmpty();
      ObjectNode params = Json.object().put("city", "x".repeat(200_000));
      params.putArray("s").add("").add("").add("").add("").add("").add("").add("");
      assertThatThrownBy(() -> template.render(Json.object().set("params", params)))
          .isInstanceOf(ExpressionException.class);
    }
  }

  @Test
  void a_rendering_is_bounded_as_a_whole() {
    ObjectNode source = Json.object();
    var list = source.putArray("x");
    for (int i = 0; i < 1_000; i++) {
      list.add("${params.city}");
    }
    Template template = Template.compile(source, "with", Scope.STEP, new Violations());
    ObjectNode params = Json.object().put("city", "x".repeat(100_000));
    assertThatThrownBy(() -> template.render(Json.object().set("params", params)))
        .isInstanceOf(ExpressionException.class);
  }

  @Test
  void a_bare_number_is_named_wherever_it_stands() {
    for (String text : new String[] {"5", "5 < params.x", "-1", "params.x == 5", "max(5)"}) {
      assertThatThrownBy(() -> Condition.compile(text, Scope.STEP))
          .isInstanceOf(ExpressionException.class)
          .hasMessageContaining("numbers stand in backticks");
    }
  }
}

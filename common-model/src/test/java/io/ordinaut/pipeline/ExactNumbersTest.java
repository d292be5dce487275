package io.ordinaut.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.json.Json;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Numbers keep all their digits, and none of them takes long. */
class ExactNumbersTest {
  private static String yields(String expression, String context) {
    return Json.write(Expression.compile(expression, Scope.ANY).evaluate(Json.read(context)));
  }

  @Test
  void numbers_that_differ_in_their_last_digits_are_different() {
    assertThat(yields("`1234567890123456789` == `1234567890123456788`", "{}")).isEqualTo("false");
    String ids = "{\"ids\": [1234567890123456789, 1234567890123456788, 0.12345678901234567891]}";
    assertThat(yields("ids[?@ == `1234567890123456788`]", ids)).isEqualTo("[1234567890123456788]");
    assertThat(yields("ids[?@ == `0.12345678901234567891`] | length(@)", ids)).isEqualTo("1");
    assertThat(yields("sort(ids)[1:]", ids)).isEqualTo("[1234567890123456788,1234567890123456789]");
    assertThat(yields("max(ids)", ids)).isEqualTo("1234567890123456789");
    assertThat(yields("[`1.0` == `1`, `1e2` == `100`, `-0.0` == `0`, `[1.0]` == `[1]`]", "{}"))
        .isEqualTo("[true,true,true,true]");
  }

  @Test
  void a_list_contains_what_is_equal_to_one_of_its_elements() {
    String context = "{\"list\": [3, 1.0, \"a\", {\"n\": 1}], \"text\": \"abc\"}";
    for (String contained :
        List.of("length(text)", "to_number('3.0')", "`1`", "`3.00`", "'a'", "`{\"n\": 1.0}`")) {
      assertThat(yields("contains(list, " + contained + ")", context))
          .as(contained)
          .isEqualTo("true");
    }
    assertThat(yields("contains(list, `2`) || contains(list, `null`)", context)).isEqualTo("false");
  }

  @Test
  void a_literal_that_no_double_can_hold_is_refused() {
    for (String literal : List.of("1e400", "[1e400]", "{\"a\": -1e400}", "1e99999999999")) {
      assertThatThrownBy(() -> Expression.compile("`" + literal + "`", Scope.ANY))
          .as(literal)
          .isInstanceOf(ExpressionException.class)
          .hasMessageStartingWith("holds a literal");
    }
    assertThat(yields("`[1e5, 1.50]`", "{}")).isEqualTo("[100000,1.50]");
  }

  @Test
  void an_exponent_that_overflows_is_no_json() {
    for (String number : List.of("1e2147483648", "[1e-99999999999]")) {
      assertThatThrownBy(() -> Json.read(number)).isInstanceOf(UncheckedIOException.class);
    }
  }

  @Test
  void the_digits_of_a_number_count_in_what_an_expression_yields() {
    JsonNode numbers =
        Json.read("[" + String.join(",", Collections.nCopies(4_000, "0." + "7".repeat(350))) + "]");
    assertThatThrownBy(() -> BoundedRuntime.sizeOf(numbers, 1_048_576, 1))
        .isInstanceOf(ExpressionException.class)
        .hasMessageContaining("1 MiB");
  }

  @Test
  @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void no_number_keeps_a_schema_busy() {
    String digits = "7".repeat(390);
    for (String number :
        List.of("1e9999999", "1e-9999999", "1e308", "1e-390", "0." + digits, "7".repeat(300))) {
      for (String rule :
          List.of(
              "{\"type\": \"integer\"}",
              "{\"multipleOf\": 0.0000001}",
              "{\"multipleOf\": 1e-390}",
              "{\"multipleOf\": 1e308}",
              "{\"multipleOf\": 0." + digits + "}",
              "{\"enum\": [1, 1e300]}",
              "{\"const\": 1e-300}",
              "{\"minimum\": 0, \"exclusiveMaximum\": 1e308}",
              "{\"items\": {\"type\": \"integer\"}, \"uniqueItems\": true}")) {
        Schema schema = Schema.compile(Json.read(rule));
        schema.faults(Json.read(number));
        schema.faultsAt(Json.read(number));
        schema.faults(Json.read("[" + String.join(",", Collections.nCopies(300, number)) + "]"));
      }
    }
    assertThat(Schema.compile(Json.read("{\"type\": \"integer\"}")).faults(Json.read("1e9999999")))
        .containsExactly("the value holds a number that a double can't hold.");
  }

  @Test
  @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void a_schema_of_such_numbers_is_none() {
    for (String rule : List.of("minLength", "maxItems", "multipleOf", "maximum")) {
      assertThatThrownBy(
              () -> Schema.compile(Json.read("{\"not\": {\"" + rule + "\": 1e9999999}}")))
          .isInstanceOf(ExpressionException.class)
          .hasMessageContaining("a number that a double can't hold");
    }
  }
}

package io.ordinaut.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.util.Comparator;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Expressions are JMESPath, as its specification has it: a table of cases from its grammar on. */
class JmesPathTest {
  /** 7, 7.0 and 7.00 are one number. */
  private static final Comparator<JsonNode> BY_VALUE =
      (a, b) ->
          a.isNumber() && b.isNumber()
              ? a.decimalValue().compareTo(b.decimalValue())
              : a.equals(b) ? 0 : 1;

  @TestFactory
  Stream<DynamicTest> an_expression_yields_what_the_specification_says() {
    return documents()
        .flatMap(
            document ->
                list(document, "cases")
                    .map(
                        one ->
                            DynamicTest.dynamicTest(
                                one.get(0).asText(),
                                () -> assertYields(one, document.get("given")))));
  }

  private static void assertYields(JsonNode one, JsonNode given) {
    JsonNode found = Expression.compile(one.get(0).asText(), Scope.ANY).evaluate(given);
    assertThat(found.equals(BY_VALUE, one.get(1))).as("%s", found).isTrue();
  }

  @TestFactory
  Stream<DynamicTest> a_function_that_meets_a_wrong_value_is_an_error_with_a_sentence() {
    return documents()
        .flatMap(
            document ->
                list(document, "errors")
                    .map(
                        text ->
                            DynamicTest.dynamicTest(
                                text.asText(),
                                () -> assertFails(text.asText(), document.get("given")))));
  }

  private static void assertFails(String text, JsonNode given) {
    assertThatThrownBy(() -> Expression.compile(text, Scope.ANY).evaluate(given))
        .isInstanceOf(ExpressionException.class)
        .message()
        .isNotBlank();
  }

  @TestFactory
  Stream<DynamicTest> what_is_no_expression_is_refused() {
    return documents()
        .flatMap(document -> list(document, "faults"))
        .map(text -> DynamicTest.dynamicTest(text.asText(), () -> assertRefused(text.asText())));
  }

  private static void assertRefused(String text) {
    assertThatThrownBy(() -> Expression.compile(text, Scope.ANY))
        .isInstanceOf(ExpressionException.class)
        .message()
        .isNotBlank();
  }

  private static Stream<JsonNode> documents() {
    try (InputStream file = JmesPathTest.class.getResourceAsStream("/jmespath.json")) {
      return list(Json.MAPPER.readTree(Objects.requireNonNull(file)));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Stream<JsonNode> list(JsonNode document, String field) {
    return list(document.path(field));
  }

  private static Stream<JsonNode> list(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false);
  }
}

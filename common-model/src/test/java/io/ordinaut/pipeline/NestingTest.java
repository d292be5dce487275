package io.ordinaut.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.json.Json;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NestingTest {
  private static String in(String open, int levels, String close) {
    return open.repeat(levels) + "a" + close.repeat(levels);
  }

  @ParameterizedTest
  @CsvSource({"(, )", "[, ]", "{b:, }", "abs(, )", "`[, ]`"})
  void brackets_are_nested_64_deep_and_no_deeper(String open, String close) {
    String first = open.startsWith("`") ? "`" : "";
    String opening = open.replace("`", "");
    String closing = close.replace("`", "");
    String fits = first + in(opening, 64, closing) + first;
    assertThatCode(() -> Nesting.check(fits)).doesNotThrowAnyException();
    assertThatThrownBy(() -> Expression.compile(first + in(opening, 65, closing), Scope.ANY))
        .isInstanceOf(ExpressionException.class)
        .hasMessage("is nested deeper than 64 parentheses, brackets and braces.");
  }

  @ParameterizedTest
  @CsvSource({".b", "|b", "||b", "&&b", "==b", "[]"})
  void operators_follow_each_other_256_times_and_no_more(String operator) {
    assertThatCode(() -> Nesting.check("a" + operator.repeat(256))).doesNotThrowAnyException();
    assertThatThrownBy(() -> Expression.compile("a" + operator.repeat(257), Scope.ANY))
        .isInstanceOf(ExpressionException.class)
        .hasMessageStartingWith("has more than 256 operators in a row");
  }

  @Test
  void what_stands_side_by_side_or_in_quotes_is_not_nested() {
    for (String text :
        new String[] {
          "[" + "a.b.c,".repeat(150) + "a]",
          "'" + "(".repeat(500) + "'",
          "\"" + "[".repeat(500) + "\\\"(\"",
          "contains('it\\'s ((', a)"
        }) {
      assertThatCode(() -> Nesting.check(text)).as(text).doesNotThrowAnyException();
    }
  }

  @Test
  void whatever_is_closed_too_often_is_left_to_the_parser() {
    assertThatCode(() -> Nesting.check(")))]]}},,,")).doesNotThrowAnyException();
  }

  @Test
  void what_is_accepted_is_evaluated_on_a_small_stack_as_well() throws InterruptedException {
    String deep =
        "["
            + "!".repeat(100)
            + "a"
            + "||a".repeat(100)
            + ","
            + in("(", 63, ")")
            + ".b".repeat(150)
            + "]";
    AtomicReference<Object> result = new AtomicReference<>();
    Thread small =
        new Thread(
            null,
            () -> {
              try {
                result.set(Expression.compile(deep, Scope.ANY).evaluate(Json.object()));
              } catch (RuntimeException | Error e) {
                result.set(e);
              }
            },
            "small",
            512 * 1024);
    small.start();
    small.join();
    assertThat(result.get()).isInstanceOf(JsonNode.class);
  }

  @Test
  void conditions_and_transformations_are_held_to_it_too() {
    String deep = in("(", 65, ")");
    assertThatThrownBy(() -> Condition.compile(deep, Scope.CONDITION))
        .hasMessageStartingWith("is nested deeper than 64");
    assertThatThrownBy(() -> Condition.compile("${" + deep + "}", Scope.ANY))
        .hasMessageStartingWith("is nested deeper than 64");
    assertThatThrownBy(() -> Transform.compile(deep))
        .hasMessageStartingWith("is nested deeper than 64");
  }
}

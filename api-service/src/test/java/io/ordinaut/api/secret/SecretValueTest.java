package io.ordinaut.api.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ordinaut.api.http.Problem;
import io.ordinaut.failure.InvalidInputException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class SecretValueTest {
  private static String parse(String body) {
    return SecretValue.parse(body.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void a_value_is_at_least_eight_characters_and_at_most_64_kib() {
    assertThat(parse("{\"value\": \"12345678\"}")).isEqualTo("12345678");
    assertThat(parse("{\"value\": \" 1234 5678 \"}")).isEqualTo(" 1234 5678 ");
    assertThat(parse("{\"value\": \"" + "é".repeat(32_768) + "\"}")).hasSize(32_768);
    for (String bad :
        List.of(
            "1234567",
            "é".repeat(32_768) + "x",
            "1234567\\u0000x",
            "1234567\\ud800",
            "         ",
            "1234567 ",
            " 1 2 3 4 5 6 7\\n\\u00a0\\u2003")) {
      assertThatThrownBy(() -> parse("{\"value\": \"" + bad + "\"}"))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageStartingWith("value: must ");
    }
  }

  @Test
  void no_refusal_repeats_what_was_sent() {
    for (String bad :
        List.of(
            "sesame-sesame",
            "\"sesame-sesame\"",
            "{\"value\": sesame-sesame}",
            "{\"value\": \"sesame-sesame\"",
            "{\"value\": \"sesame-sesame\", \"value\": \"sesame-sesame\"}",
            "{\"value\": \"sesame-sesame\", \"sesame-sesame\": 1}",
            "{\"sesame-sesame\": \"sesame-sesame\"}",
            "{\"value\": [\"sesame-sesame\"]}",
            "{\"value\": null}",
            "{}",
            "[]",
            "{\"value\": \"sesame-\\u0000sesame\"}",
            "")) {
      assertThatThrownBy(() -> parse(bad))
          .as(bad)
          .isInstanceOfAny(Problem.class, InvalidInputException.class)
          .hasMessageNotContaining("sesame");
    }
  }
}

package io.ordinaut.api.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ordinaut.failure.Violations;
import io.ordinaut.json.JsonFields;
import io.ordinaut.json.Storable;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whatever callers send, the answer says what is wrong with it. */
class BodyTest {
  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void a_number_whose_exponent_overflows_is_the_callers_fault() {
    for (String number : List.of("1e2147483648", "1e99999999999", "-1e-99999999999")) {
      assertThatThrownBy(() -> Body.json(bytes("{\"payload\": {\"x\": " + number + "}}")))
          .isInstanceOfSatisfying(Problem.class, e -> assertThat(e.status()).isEqualTo(400))
          .hasMessage("The body holds a number whose exponent is too large.");
    }
  }

  @Test
  void half_of_a_surrogate_pair_is_refused_wherever_it_stands() {
    for (String text : List.of("\\ud800", "\\udc00", "a\\ud83da", "\\ude00\\ud83d", "\\u0000")) {
      Violations violations = new Violations();
      var body = Body.json(bytes("{\"t\": \"" + text + "\", \"n\": [\"" + text + "\"]}"));
      new JsonFields(body, "", violations).text("t", 10);
      Storable.check(body.get("n"), "n", violations);
      assertThat(violations.fields()).as(text).containsExactlyInAnyOrder("t", "n[0]");
    }
    Violations none = new Violations();
    var body = Body.json(bytes("{\"t\": \"\\ud83d\\ude00\"}"));
    assertThat(new JsonFields(body, "", none).text("t", 10)).isEqualTo("\uD83D\uDE00");
    Storable.check(body, "body", none);
    none.throwIfAny();
  }
}

package io.ordinaut.worker.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.ordinaut.json.Json;
import io.ordinaut.worker.tool.ToolException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Outputs are bounded in bytes, as they are sent and stored. */
class OutputsTest {
  @Test
  void a_text_is_as_large_as_its_bytes_are_not_its_characters() {
    assertThat(Outputs.clean(TextNode.valueOf("x".repeat(250_000)), "output")).isNotNull();
    assertThatThrownBy(() -> Outputs.clean(TextNode.valueOf("漢".repeat(250_000)), "output"))
        .isInstanceOf(ToolException.class)
        .hasMessageContaining("256 KiB");
    assertThatThrownBy(() -> Outputs.clean(Json.object().put("é".repeat(250_000), 1), "output"))
        .isInstanceOf(ToolException.class);
  }

  @Test
  void a_number_is_as_large_as_its_digits() {
    String digits = "7".repeat(300);
    for (String number : List.of(digits, "0." + digits, "1e308", "1e-300")) {
      JsonNode list = Json.read("[" + String.join(",", Collections.nCopies(1_000, number)) + "]");
      assertThatThrownBy(() -> Outputs.clean(list, "output"))
          .as(number)
          .isInstanceOf(ToolException.class)
          .hasMessageContaining("256 KiB");
      JsonNode few = Outputs.clean(Json.read("[" + number + "," + number + "]"), "output");
      assertThat(Outputs.sizeOf(few)).isBetween(600, 700);
    }
    assertThat(Outputs.sizeOf(Json.read("[1, 2.5, true]"))).isEqualTo(32);
  }

  @Test
  void what_is_kept_is_what_will_be_read_back() {
    ObjectNode output = Json.object().put("a\uD800", "\uDC00b\uD83D\uDE00\uD83D").put("n\0", "\0");
    output.put("s", (short) 3).put("l", 3L).put("i", BigInteger.TEN).put("d", 2.0);
    output.put("e", new BigDecimal("7E+3")).put("big", 1L << 40);
    JsonNode kept = Outputs.clean(output, "output");
    assertThat(kept).isEqualTo(Json.read(Json.write(kept)));
    assertThat(kept.path("a\uFFFD").asText()).isEqualTo("\uFFFDb\uD83D\uDE00\uFFFD");
    assertThat(kept.path("n\uFFFD").asText()).isEqualTo("\uFFFD");
    assertThat(kept.path("e").asText()).isEqualTo("7000");
  }

  @Test
  void the_bytes_of_a_text_are_those_of_its_utf_8() {
    String text = "aé漢𝄞";
    assertThat(Outputs.bytesOf(text)).isEqualTo(text.getBytes(StandardCharsets.UTF_8).length);
  }
}

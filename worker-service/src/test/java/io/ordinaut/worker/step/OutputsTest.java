package io.ordinaut.worker.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.TextNode;
import io.ordinaut.json.Json;
import io.ordinaut.worker.tool.ToolException;
import java.nio.charset.StandardCharsets;
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
  void the_bytes_of_a_text_are_those_of_its_utf_8() {
    String text = "aé漢𝄞";
    assertThat(Outputs.bytesOf(text)).isEqualTo(text.getBytes(StandardCharsets.UTF_8).length);
  }
}

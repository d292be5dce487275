package io.ordinaut.worker.tool.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.json.Json;
import io.ordinaut.worker.secret.Secrets;
import java.util.List;
import org.junit.jupiter.api.Test;

class DiscoveryTest {
  private static Discovery discovered(Secrets mask, String tools) throws InterruptedException {
    return Discovery.ask("shop", mask, params -> Json.read("{\"tools\": " + tools + "}"));
  }

  @Test
  void a_tool_whose_schema_can_not_be_read_is_taken_and_the_server_says_so()
      throws InterruptedException {
    Discovery found =
        discovered(
            Secrets.over(List.of()),
            """
            [{"name": "first", "inputSchema": {"type": "object"}},
             {"name": "odd", "inputSchema": {"properties": {"a": {"pattern": "a(b"}}}},
             {"name": "old", "inputSchema": {"$schema": "http://json-schema.org/draft-04/schema#"}},
             {"name": "out", "inputSchema": {"type": "object"}, "outputSchema": {"type": "thing"}},
             {"name": "bad name", "inputSchema": {"type": "object"}},
             {"name": "huge", "inputSchema": {"maximum": 1e9999999}},
             {"name": "last", "inputSchema": {"type": "object"}}]""");
    assertThat(Json.write(found.toJson()))
        .isEqualTo(
            "{\"tools\":[\"shop.first\",\"shop.odd\",\"shop.old\",\"shop.out\",\"shop.last\"],"
                + "\"skipped\":[\"bad name\",\"huge\"],"
                + "\"unchecked\":[\"shop.odd\",\"shop.old\",\"shop.out\"]}");
    assertThat(found.note())
        .startsWith(
            "shop.odd is called without a check: its input schema has a pattern that is no regular"
                + " expression: a(b; shop.old is called")
        .contains("; shop.out is called without a check: its output schema is not a JSON Schema");
  }

  @Test
  void a_server_whose_tools_are_in_order_has_no_note() throws InterruptedException {
    assertThat(
            discovered(
                    Secrets.over(List.of()),
                    "[{\"name\": \"a\", \"inputSchema\": {\"type\": \"object\"}}]")
                .note())
        .isNull();
  }

  @Test
  void what_a_server_was_told_is_masked_in_what_it_says_of_its_tools() throws InterruptedException {
    Discovery found =
        discovered(
            Secrets.over(List.of("hunter2hunter2")),
            """
            [{"name": "a", "description": "You sent hunter2hunter2.",
              "inputSchema": {"type": "object", "description": "hunter2hunter2"}}]""");
    assertThat(found.tools())
        .singleElement()
        .satisfies(
            tool -> {
              assertThat(tool.description()).isEqualTo("You sent ***.");
              assertThat(tool.inputSchema()).contains("***").doesNotContain("hunter2");
            });
  }
}

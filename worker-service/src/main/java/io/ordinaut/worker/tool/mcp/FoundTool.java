package io.ordinaut.worker.tool.mcp;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.json.Json;
import io.ordinaut.json.Storable;
import io.ordinaut.pipeline.ExpressionException;
import io.ordinaut.pipeline.Schema;
import io.ordinaut.pipeline.ToolName;
import org.jspecify.annotations.Nullable;

/**
 * A tool that a server has.
 *
 * @param name in the catalogue: {@code server.tool}
 * @param inputSchema as JSON text
 * @param outputSchema as JSON text; null when it has none
 * @param unchecked which schema can't be read, and why, so that calls are not held to it; null when
 *     both can
 */
record FoundTool(
    String name,
    String description,
    String inputSchema,
    @Nullable String outputSchema,
    @Nullable String unchecked) {
  private static final int LONGEST_DESCRIPTION = 4_000;
  private static final int LARGEST_SCHEMA = 64 * 1024;
  private static final String ANYTHING = "{\"type\":\"object\"}";

  /** Reads an entry of {@code tools/list}; null when the catalogue can't hold it. */
  static @Nullable FoundTool read(String server, JsonNode tool) {
    String name = server + "." + tool.path("name").asText();
    String input = tool.path("inputSchema").isObject() ? text(tool, "inputSchema") : ANYTHING;
    String output = tool.path("outputSchema").isObject() ? text(tool, "outputSchema") : null;
    if (!ToolName.isWellFormed(name) || !fits(input) || (output != null && !fits(output))) {
      return null;
    }
    String unchecked = fault("input", input);
    if (unchecked == null && output != null) {
      unchecked = fault("output", output);
    }
    return new FoundTool(name, description(tool), input, output, unchecked);
  }

  private static @Nullable String fault(String what, String schema) {
    try {
      Schema.compile(Json.read(schema));
      return null;
    } catch (ExpressionException e) {
      return "its " + what + " schema " + e.getMessage();
    }
  }

  private static String text(JsonNode tool, String field) {
    return Json.write(tool.get(field));
  }

  /** Whether PostgreSQL can store a schema, and it is worth storing. */
  private static boolean fits(String schema) {
    return schema.length() <= LARGEST_SCHEMA
        && !schema.contains("\\u0000")
        && Storable.areNumbersStorable(Json.read(schema));
  }

  private static String description(JsonNode tool) {
    String text = Storable.asStored(tool.path("description").asText(tool.path("title").asText()));
    return text.length() <= LONGEST_DESCRIPTION ? text : text.substring(0, LONGEST_DESCRIPTION);
  }
}

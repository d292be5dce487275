package io.ordinaut.worker.tool.mcp;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.json.Json;
import io.ordinaut.worker.tool.ToolException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the result of {@code tools/call} means to a step. */
final class Answer {
  private static final int LONGEST_ERROR = 2_000;

  private Answer() {}

  /**
   * The output: the structured content; else the JSON in the only block of text; else the blocks.
   *
   * @throws ToolException {@code tool_error} when the tool says that it failed
   */
  static JsonNode output(JsonNode result) {
    JsonNode content = result.path("content");
    if (result.path("isError").asBoolean()) {
      throw new ToolException(ErrorCode.TOOL_ERROR, error(content));
    }
    JsonNode structured = result.path("structuredContent");
    if (!structured.isMissingNode() && !structured.isNull()) {
      return structured;
    }
    if (content.size() == 1 && content.get(0).path("type").asText().equals("text")) {
      JsonNode parsed = parsed(content.get(0).path("text").asText());
      return parsed == null ? blocks(content) : parsed;
    }
    return blocks(content);
  }

  /** The JSON in a text; null when it was written for people. */
  private static @Nullable JsonNode parsed(String text) {
    try {
      JsonNode parsed = Json.MAPPER.readTree(text);
      return parsed.isMissingNode() ? null : parsed;
    } catch (JsonProcessingException | NumberFormatException e) {
      return null;
    }
  }

  private static JsonNode blocks(JsonNode content) {
    return Json.object()
        .set("content", content.isArray() ? content : Json.MAPPER.createArrayNode());
  }

  private static String error(JsonNode content) {
    List<String> texts = new ArrayList<>();
    for (JsonNode block : content) {
      if (block.path("text").isTextual()) {
        texts.add(block.path("text").textValue());
      }
    }
    String text = String.join("\n", texts);
    if (text.isBlank()) {
      return "The tool failed and did not say why.";
    }
    return text.length() <= LONGEST_ERROR ? text : text.substring(0, LONGEST_ERROR) + "…";
  }
}

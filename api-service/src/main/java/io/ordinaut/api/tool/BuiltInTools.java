package io.ordinaut.api.tool;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.json.Json;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The tools that every worker has, as the catalogue shows them. */
final class BuiltInTools {
  private static final String ANY = "{\"type\": \"object\"}";

  private static final Map<String, ObjectNode> TOOLS = new TreeMap<>();

  private static final String FOR_TESTS = "failing-tool";

  static {
    add("echo-tool", "Answers with its input.", ANY);
    add(
        "http.request",
        "Sends an HTTP request.",
        """
        {"type": "object", "required": ["url"], "properties": {
          "method": {"type": "string"}, "url": {"type": "string"},
          "headers": {"type": "object"}}}""");
    add(
        "event.publish",
        "Publishes an event.",
        """
        {"type": "object", "required": ["topic"], "properties": {
          "topic": {"type": "string"}, "payload": {"type": "object"}}}""");
    add("delay", "Lets the run wait without holding a slot.", ANY);
    add("transform", "Answers with what its templates and expressions yield.", ANY);
    add("assert", "Fails unless its condition holds.", ANY);
    add(FOR_TESTS, "Fails always, for tests.", ANY);
  }

  private BuiltInTools() {}

  private static void add(String name, String description, String inputSchema) {
    ObjectNode tool = Json.object().put("name", name).put("kind", "builtin");
    tool.putNull("server").put("description", description);
    tool.set("input_schema", Json.read(inputSchema));
    tool.putNull("output_schema");
    TOOLS.put(name, tool);
  }

  /** By name, those for tests only where they can be called. */
  static List<ObjectNode> all(boolean testTools) {
    return TOOLS.values().stream()
        .filter(tool -> testTools || !tool.get("name").asText().equals(FOR_TESTS))
        .toList();
  }

  /** The tool of a name. */
  static Optional<ObjectNode> find(String name, boolean testTools) {
    return testTools || !name.equals(FOR_TESTS)
        ? Optional.ofNullable(TOOLS.get(name))
        : Optional.empty();
  }

  /** Whether a name is one of theirs, or of what workers use among themselves. */
  static boolean isTaken(String name) {
    return TOOLS.containsKey(name) || name.equals(Discovery.TOOL);
  }

  /** Whether a server of a name would have tools with names of theirs. */
  static boolean reserves(String server) {
    return isServerOf(server, Discovery.TOOL)
        || TOOLS.keySet().stream().anyMatch(tool -> isServerOf(server, tool));
  }

  private static boolean isServerOf(String server, String tool) {
    return tool.startsWith(server + ".");
  }
}

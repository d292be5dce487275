package io.ordinaut.api.tool;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.json.Json;
import io.ordinaut.pipeline.BuiltIn;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The tools that every worker has, as the catalogue shows them. */
final class BuiltInTools {
  private BuiltInTools() {}

  private static ObjectNode shown(BuiltIn builtIn) {
    ObjectNode tool = Json.object().put("name", builtIn.toolName()).put("kind", "builtin");
    tool.putNull("server").put("description", builtIn.description());
    tool.set("input_schema", builtIn.inputSchema());
    tool.putNull("output_schema");
    return tool;
  }

  /** Those for tests only where they can be called. */
  static List<ObjectNode> all(boolean testTools) {
    return Stream.of(BuiltIn.values())
        .filter(tool -> testTools || !tool.isTestOnly())
        .map(BuiltInTools::shown)
        .toList();
  }

  /** The tool of a name. */
  static Optional<ObjectNode> find(String name, boolean testTools) {
    return BuiltIn.named(name)
        .filter(tool -> testTools || !tool.isTestOnly())
        .map(BuiltInTools::shown);
  }

  /** Whether a name is one of theirs. */
  static boolean isTaken(String name) {
    return BuiltIn.named(name).isPresent();
  }

  /** Whether a server of a name would have tools with names of theirs. */
  static boolean reserves(String server) {
    return Stream.of(BuiltIn.values()).anyMatch(tool -> tool.toolName().startsWith(server + "."));
  }
}

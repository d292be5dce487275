package io.ordinaut.worker.tool;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.ErrorCode;
import java.util.HashMap;
import java.util.Map;

/** The tools that a worker knows, by the name that {@code uses} gives. */
public final class Tools {
  private final Map<String, Tool> byName;

  /** With or without the tools that exist for tests. */
  public Tools(boolean testTools) {
    Map<String, Tool> all = new HashMap<>();
    all.put("echo-tool", new Echo());
    if (testTools) {
      all.put("failing-tool", new Failing());
    }
    this.byName = Map.copyOf(all);
  }

  /**
   * The tool of a name.
   *
   * @throws ToolException {@code unknown_tool} when there is none
   */
  public Tool get(String name) {
    Tool tool = byName.get(name);
    if (tool == null) {
      throw new ToolException(ErrorCode.UNKNOWN_TOOL, "There is no tool named " + name + ".");
    }
    return tool;
  }

  /** Answers with its input. */
  private static final class Echo implements Tool {
    @Override
    public JsonNode call(JsonNode input) {
      return input;
    }

    @Override
    public boolean isPure() {
      return true;
    }
  }

  /** Always answers with an error; what {@code message} says, if anything. */
  private static final class Failing implements Tool {
    @Override
    public JsonNode call(JsonNode input) {
      throw new ToolException(
          ErrorCode.TOOL_ERROR, input.path("message").asText("This tool always fails."));
    }
  }
}

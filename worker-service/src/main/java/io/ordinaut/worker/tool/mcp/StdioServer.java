package io.ordinaut.worker.tool.mcp;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** An MCP server that workers start as a process of their own; named by the operator only. */
public interface StdioServer {
  /** The program. */
  String command();

  /** Its arguments. */
  Optional<List<String>> args();

  /** Variables of its environment, beside {@code PATH}, {@code HOME} and {@code LANG}. */
  Map<String, String> env();

  /** Names of variables that it gets with the values that they have in the worker's environment. */
  Optional<List<String>> inherit();
}

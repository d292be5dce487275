package io.ordinaut.worker.tool;

import io.ordinaut.failure.ErrorCode;
import io.ordinaut.store.Db;
import java.util.HashMap;
import java.util.Map;

/** The tools that a worker knows, by the name that {@code uses} gives. */
public final class Tools implements AutoCloseable {
  private final Map<String, Tool> builtIn;
  private final Catalogue catalogue;

  /**
   * @param db has the catalogue
   * @param testTools whether to have the tools that exist for tests
   */
  public Tools(Db db, boolean testTools) {
    this(db, testTools, Map.of());
  }

  /**
   * With built-ins of one's own.
   *
   * @param more by the names that {@code uses} gives
   */
  public Tools(Db db, boolean testTools, Map<String, Tool> more) {
    Map<String, Tool> all = new HashMap<>();
    all.put("echo-tool", new EchoTool());
    if (testTools) {
      all.put("failing-tool", new FailingTool());
    }
    all.putAll(more);
    this.builtIn = Map.copyOf(all);
    this.catalogue = new Catalogue(db);
  }

  /**
   * The tool of a name.
   *
   * @throws ToolException {@code unknown_tool} when there is none
   */
  public Tool get(String name) {
    Tool tool = builtIn.get(name);
    if (tool != null) {
      return tool;
    }
    throw new ToolException(ErrorCode.UNKNOWN_TOOL, "There is no tool named " + name + ".");
  }

  /** Ends what connects to tools. */
  @Override
  public void close() {}
}

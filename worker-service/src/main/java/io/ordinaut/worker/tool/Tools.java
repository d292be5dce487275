package io.ordinaut.worker.tool;

import io.ordinaut.failure.ErrorCode;
import io.ordinaut.store.Db;
import io.ordinaut.worker.tool.mcp.McpTools;
import java.util.HashMap;
import java.util.Map;

/** The tools that a worker knows, by the name that {@code uses} gives. */
public final class Tools implements AutoCloseable {
  private final Map<String, Tool> builtIn;
  private final Catalogue catalogue;
  private final McpTools mcp;

  /**
   * @param db has the catalogue
   * @param testTools whether to have the tools that exist for tests
   * @param mcp the tools of MCP servers, closed with this
   */
  public Tools(Db db, boolean testTools, McpTools mcp) {
    Map<String, Tool> all = new HashMap<>();
    all.put("echo-tool", new EchoTool());
    if (testTools) {
      all.put("failing-tool", new FailingTool());
    }
    all.put("mcp.discover", mcp.discoverTool());
    this.mcp = mcp;
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
    CatalogueEntry entry = catalogue.find(name).orElse(null);
    if (entry != null && entry.server() != null) {
      return new Contract(entry).around(mcp.tool(entry));
    }
    throw new ToolException(ErrorCode.UNKNOWN_TOOL, "There is no tool named " + name + ".");
  }

  /** Begins what goes on in the background; to be called when the schema is there. */
  public void begin() {
    mcp.begin();
  }

  /** Ends what connects to tools. */
  @Override
  public void close() {
    mcp.close();
  }
}

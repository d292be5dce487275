package io.ordinaut.worker.tool;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.failure.Violations;
import io.ordinaut.pipeline.BuiltIn;
import io.ordinaut.pipeline.Scope;
import io.ordinaut.pipeline.Step;
import io.ordinaut.pipeline.Template;
import io.ordinaut.store.Db;
import io.ordinaut.stream.NudgeStream;
import io.ordinaut.worker.tool.http.HttpRequestTool;
import io.ordinaut.worker.tool.http.HttpTool;
import io.ordinaut.worker.tool.http.Outbound;
import io.ordinaut.worker.tool.mcp.McpTools;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The tools that a worker knows, by the name that {@code uses} gives. */
public final class Tools implements AutoCloseable {
  private static final int KEPT = 1_000;

  private final Map<String, Tool> builtIn;
  private final Catalogue catalogue;
  private final Outbound outbound;
  private final McpTools mcp;
  private final Map<String, Ready> ready = new ConcurrentHashMap<>();

  /**
   * @param db has the catalogue, and takes events
   * @param nudges wake the schedulers when there are events
   * @param outbound the way to the outside; closed with this
   * @param mcp the tools of MCP servers; closed with this
   * @param testTools whether to have the tools that exist for tests
   */
  public Tools(Db db, NudgeStream nudges, Outbound outbound, McpTools mcp, boolean testTools) {
    this(db, nudges, outbound, mcp, testTools, Map.of());
  }

  /**
   * With built-ins of one's own.
   *
   * @param more by the names that {@code uses} gives
   */
  public Tools(
      Db db,
      NudgeStream nudges,
      Outbound outbound,
      McpTools mcp,
      boolean testTools,
      Map<String, Tool> more) {
    Map<String, Tool> all = new HashMap<>();
    add(all, BuiltIn.ECHO, new EchoTool());
    add(all, BuiltIn.HTTP_REQUEST, new HttpRequestTool(outbound));
    add(all, BuiltIn.EVENT_PUBLISH, new PublishTool(db, nudges));
    add(all, BuiltIn.TRANSFORM, new TransformTool());
    add(all, BuiltIn.ASSERT, new AssertTool());
    if (testTools) {
      add(all, BuiltIn.FAILING, new FailingTool());
    }
    add(all, BuiltIn.MCP_DISCOVER, mcp.discoverTool());
    all.putAll(more);
    this.mcp = mcp;
    this.builtIn = Map.copyOf(all);
    this.catalogue = new Catalogue(db);
    this.outbound = outbound;
  }

  private static void add(Map<String, Tool> all, BuiltIn what, Tool tool) {
    all.put(what.toolName(), new Contract(what.inputSchema(), null).around(tool));
  }

  /**
   * The tool of a name.
   *
   * @throws ToolException {@code unknown_tool} when there is none
   */
  public Tool get(String name) {
    Tool tool = builtIn.get(name);
    return tool != null
        ? tool
        : catalogue
            .find(name)
            .map(this::ready)
            .orElseThrow(
                () ->
                    new ToolException(
                        ErrorCode.UNKNOWN_TOOL, "There is no tool named " + name + "."));
  }

  /**
   * The names of the secrets that are sent to tools without standing in a pipeline: those in the
   * headers of HTTP tools and of MCP servers.
   */
  public Set<String> secretsOf(Set<String> names) {
    Set<String> others = new HashSet<>(names);
    others.removeAll(builtIn.keySet());
    others.remove(Step.DELAY);
    boolean discovers = names.contains(BuiltIn.MCP_DISCOVER.toolName());
    Set<String> secrets = new HashSet<>();
    if (!others.isEmpty() || discovers) {
      for (JsonNode headers : catalogue.headers(others, discovers)) {
        secrets.addAll(
            Template.compile(headers, "headers", Scope.SECRETS, new Violations()).secrets());
      }
    }
    return secrets;
  }

  /** Compiled once for as long as the entry stays what it is. */
  private Tool ready(CatalogueEntry entry) {
    Ready known = ready.get(entry.name());
    if (known != null && (known.entry == entry || known.entry.equals(entry))) {
      return known.tool;
    }
    Tool tool =
        entry.server() == null
            ? new HttpTool(Objects.requireNonNull(entry.request()), outbound)
            : mcp.tool(entry);
    Tool held = new Contract(entry.inputSchema(), entry.outputSchema()).around(tool);
    if (ready.size() >= KEPT) {
      ready.clear();
    }
    ready.put(entry.name(), new Ready(entry, held));
    return held;
  }

  /** Begins what goes on in the background; to be called when the schema is there. */
  public void begin() {
    mcp.begin();
  }

  /** Ends what connects to tools. */
  @Override
  public void close() {
    mcp.close();
    outbound.close();
  }

  private record Ready(CatalogueEntry entry, Tool tool) {}
}

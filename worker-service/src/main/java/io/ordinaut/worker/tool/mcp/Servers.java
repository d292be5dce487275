package io.ordinaut.worker.tool.mcp;

import io.ordinaut.failure.ErrorCode;
import io.ordinaut.store.Db;
import io.ordinaut.worker.secret.Secrets;
import io.ordinaut.worker.tool.ToolException;
import io.ordinaut.worker.tool.http.OutboundRequest;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The servers that are registered; what it answers may be a second old. */
final class Servers {
  private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_-]{0,99}");
  private static final long FRESH_NANOS = Duration.ofSeconds(1).toNanos();

  private final Db db;
  private final Map<String, StdioServer> configured;
  private final Map<String, Server> seen = new ConcurrentHashMap<>();

  /**
   * @param configured that this worker starts as processes
   * @throws IllegalArgumentException when a name is none
   */
  Servers(Db db, Map<String, StdioServer> configured) {
    for (String name : configured.keySet()) {
      if (!NAME.matcher(name).matches()) {
        throw new IllegalArgumentException(
            "ordinaut.worker.mcp."
                + name
                + " is no name for an MCP server: use a letter, then letters, digits, _ and -.");
      }
    }
    this.db = db;
    this.configured = Map.copyOf(configured);
  }

  /** Makes the configured ones known to all. */
  void register() {
    if (!configured.isEmpty()) {
      McpTable.configure(db, configured.keySet());
    }
  }

  /** The names of those that this worker starts. */
  Set<String> configured() {
    return configured.keySet();
  }

  /**
   * A server by its name.
   *
   * @throws ToolException {@code unknown_tool} when there is none
   */
  Server find(String name) {
    Server last = seen.get(name);
    return last != null && System.nanoTime() - last.atNanos < FRESH_NANOS ? last : findNow(name);
  }

  /** The same, as it is registered at this moment. */
  Server findNow(String name) {
    ServerRow row = McpTable.find(db, name).orElse(null);
    if (row == null) {
      seen.remove(name);
      throw new ToolException(ErrorCode.UNKNOWN_TOOL, "There is no MCP server named " + name + ".");
    }
    Server found = new Server(row, configured.get(name), System.nanoTime());
    seen.put(name, found);
    return found;
  }

  /** A registered server, and how this worker would start it. */
  record Server(ServerRow row, @Nullable StdioServer process, long atNanos) {
    /**
     * How it is reached.
     *
     * @param secrets of the run that calls
     * @throws ToolException when that can't be said
     */
    Target target(Secrets secrets) {
      if (row.url() != null) {
        return new Target.Http(
            OutboundRequest.url(row.url()), Headers.render(row.headers(), secrets));
      }
      if (process == null) {
        throw new ToolException(
            ErrorCode.TOOL_ERROR,
            "This worker is not configured to start the MCP server " + row.name() + ".");
      }
      return new Target.Stdio(process);
    }
  }
}

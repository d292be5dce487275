package io.ordinaut.worker.tool.mcp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modelcontextprotocol.spec.McpSchema;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.json.Json;
import io.ordinaut.store.Db;
import io.ordinaut.store.DbException;
import io.ordinaut.worker.tool.CatalogueEntry;
import io.ordinaut.worker.tool.Tool;
import io.ordinaut.worker.tool.ToolCall;
import io.ordinaut.worker.tool.ToolException;
import io.ordinaut.worker.tool.http.Outbound;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

/** The tools of MCP servers: one session per server, shared by all calls of this worker. */
public final class McpTools implements AutoCloseable {
  /** Under which a server finds the key of a call, which is the same whenever it is repeated. */
  private static final String IDEMPOTENCY_KEY = "io.ordinaut/idempotency-key";

  private final Db db;
  private final Servers servers;
  private final Links links;
  private final AtomicLong progressTokens = new AtomicLong();

  /**
   * @param db has the servers and the catalogue
   * @param configured servers that this worker starts as processes, by name
   * @param outbound by which servers are reached over HTTP
   * @throws IllegalArgumentException when a configured name is none
   */
  public McpTools(Db db, Map<String, StdioServer> configured, Outbound outbound) {
    this.db = db;
    this.servers = new Servers(db, configured);
    this.links = new Links(db, servers, outbound);
  }

  /** Registers the configured servers and begins to discover their tools, in the background. */
  public void begin() {
    servers.register();
    links.begin();
  }

  /** A tool that the catalogue says a server has. */
  public Tool tool(CatalogueEntry entry) {
    return call -> call(entry, call);
  }

  private JsonNode call(CatalogueEntry entry, ToolCall call) throws InterruptedException {
    if (!call.input().isObject()) {
      throw new ToolException(
          ErrorCode.SCHEMA_ERROR, "The arguments of an MCP tool must be an object.");
    }
    ObjectNode params = Json.object().put("name", entry.toolName());
    params.set("arguments", call.input());
    params
        .putObject("_meta")
        .put("progressToken", progressTokens.incrementAndGet())
        .put(IDEMPOTENCY_KEY, call.idempotencyKey());
    String server = Objects.requireNonNull(entry.server());
    Target target = servers.find(server).target(call.secrets());
    JsonNode result =
        links.to(server).request(target, McpSchema.METHOD_TOOLS_CALL, params, call.timeout());
    return Answer.output(result);
  }

  /** {@code mcp.discover}: asks a server for its tools and writes them to the catalogue. */
  public Tool discoverTool() {
    return this::discover;
  }

  private JsonNode discover(ToolCall call) throws InterruptedException {
    String server = call.input().path("server").textValue();
    if (server == null) {
      throw new ToolException(ErrorCode.MISSING_PARAMETER, "missing required parameter: server");
    }
    Servers.Server found = servers.findNow(server);
    try {
      Target target = found.target(call.secrets());
      Link link = links.to(server);
      return Discovery.ask(
              server,
              target.mask(),
              params -> link.request(target, McpSchema.METHOD_TOOLS_LIST, params, call.timeout()))
          .written(db, server)
          .toJson();
    } catch (ToolException e) {
      note(server, call.secrets().mask(String.valueOf(e.getMessage())));
      throw e;
    } catch (InterruptedException e) {
      note(server, "The discovery was stopped before it was done.");
      throw e;
    }
  }

  private void note(String server, String reason) {
    try {
      McpTable.failed(db, server, reason);
    } catch (DbException e) {
      // The run that discovers says the same.
    }
  }

  /** Ends all sessions and processes. */
  @Override
  public void close() {
    links.close();
  }
}

package io.ordinaut.tests.utils;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.json.jackson2.JacksonMcpJsonMapper;
import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.server.McpServerFeatures.SyncToolSpecification;
import io.modelcontextprotocol.server.McpSyncServer;
import io.modelcontextprotocol.server.McpSyncServerExchange;
import io.modelcontextprotocol.server.transport.StdioServerTransportProvider;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;

/** A server made with the protocol's Java library: its tools, and its life as a process. */
public final class McpPeer {
  /** How the library reads and writes JSON. */
  public static final McpJsonMapper JSON = new JacksonMcpJsonMapper(new ObjectMapper());

  private final AtomicInteger canceled = new AtomicInteger();
  private final Queue<String> keys = new ConcurrentLinkedQueue<>();
  private final OutputStream wire;
  private McpSyncServer server;

  /**
   * @param wire takes what is no message
   */
  McpPeer(OutputStream wire) {
    this.wire = wire;
  }

  /** Lives as a process, until its input ends. */
  public static void main(String[] arguments) {
    PrintStream out = System.out;
    System.setOut(System.err);
    McpPeer peer = new McpPeer(new FileOutputStream(FileDescriptor.out));
    FilterInputStream watched =
        new FilterInputStream(System.in) {
          @Override
          public int read(byte[] into, int offset, int length) throws IOException {
            int count = super.read(into, offset, length);
            if (count > 0) {
              peer.saw(new String(into, offset, count, StandardCharsets.UTF_8));
            } else if (count < 0) {
              Runtime.getRuntime().halt(0);
            }
            return count;
          }
        };
    peer.serve(McpServer.sync(new StdioServerTransportProvider(JSON, watched, out)));
  }

  /** Notes what clients send that the library does not pass on. */
  void saw(String message) {
    if (message.contains("\"notifications/cancelled\"")) {
      canceled.incrementAndGet();
    }
  }

  /** Serves its tools. */
  McpSyncServer serve(McpServer.SyncSpecification<?> on) {
    server =
        on.serverInfo("peer", "1")
            .strictToolNameValidation(false)
            .capabilities(McpSchema.ServerCapabilities.builder().tools(true).build())
            .tools(
                List.of(
                    tool("echo", McpPeer::echo, "message"),
                    tool("json", (session, call) -> text("{\"answer\": 42}")),
                    weather(),
                    tool("sleep", this::sleep, "seconds"),
                    tool("fail", McpPeer::fail),
                    tool("seen", this::seen),
                    tool("flaky", this::flaky, "run"),
                    tool("large", McpPeer::large, "bytes"),
                    tool("flood", this::flood),
                    tool("grow", this::grow),
                    tool("bad name", McpPeer::fail)))
            .build();
    return server;
  }

  private static SyncToolSpecification tool(
      String name,
      BiFunction<McpSyncServerExchange, CallToolRequest, CallToolResult> body,
      String... required) {
    Map<String, Object> schema = Map.of("type", "object", "required", Arrays.asList(required));
    return new SyncToolSpecification(
        McpSchema.Tool.builder(name, schema).description("Does " + name).build(), body);
  }

  private static SyncToolSpecification weather() {
    Map<String, Object> number = Map.of("type", "number");
    McpSchema.Tool tool =
        McpSchema.Tool.builder("weather", Map.of("type", "object"))
            .outputSchema(
                Map.of(
                    "type",
                    "object",
                    "required",
                    List.of("temperature"),
                    "properties",
                    Map.of("temperature", number)))
            .build();
    return new SyncToolSpecification(
        tool, (session, call) -> structured(Map.of("temperature", 21.5)));
  }

  /** Offers one more tool, which is described so. */
  void describe(String description) {
    McpSchema.Tool tool =
        McpSchema.Tool.builder("told", Map.of("type", "object")).description(description).build();
    server.addTool(new SyncToolSpecification(tool, (session, call) -> text(description)));
  }

  private static CallToolResult text(String text) {
    return new CallToolResult.Builder().addTextContent(text).build();
  }

  private static CallToolResult echo(McpSyncServerExchange session, CallToolRequest call) {
    return text("Echo: " + call.arguments().get("message"));
  }

  private static CallToolResult fail(McpSyncServerExchange session, CallToolRequest call) {
    return new CallToolResult.Builder().addTextContent("No luck today.").isError(true).build();
  }

  private CallToolResult sleep(McpSyncServerExchange session, CallToolRequest call) {
    keys.add(String.valueOf(call.meta().get("io.ordinaut/idempotency-key")));
    int rounds = 10 * (Integer) call.arguments().get("seconds");
    try {
      for (int i = 0; i < rounds; i++) {
        session.progressNotification(
            new McpSchema.ProgressNotification(
                call.meta().get("progressToken"), i, (double) rounds, "sleeping"));
        new CountDownLatch(1).await(100, TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return text("Slept.");
  }

  private CallToolResult seen(McpSyncServerExchange session, CallToolRequest call) {
    return structured(
        Map.of(
            "pid", ProcessHandle.current().pid(),
            "canceled", canceled.get(),
            "keys", List.copyOf(keys),
            "variables", System.getenv()));
  }

  private static CallToolResult structured(Map<String, Object> content) {
    return CallToolResult.builder(List.<McpSchema.Content>of()).structuredContent(content).build();
  }

  /** Fails once in each run, and then says under which keys the run has called. */
  private CallToolResult flaky(McpSyncServerExchange session, CallToolRequest call) {
    keys.add(String.valueOf(call.meta().get("io.ordinaut/idempotency-key")));
    String run = String.valueOf(call.arguments().get("run"));
    List<String> ofRun = keys.stream().filter(key -> key.contains(run)).toList();
    return ofRun.size() < 2 ? fail(session, call) : structured(Map.of("run", run, "keys", ofRun));
  }

  private static CallToolResult large(McpSyncServerExchange session, CallToolRequest call) {
    return text("x".repeat((Integer) call.arguments().get("bytes")));
  }

  /** Writes a line that does not end, until nobody reads it any more. */
  private CallToolResult flood(McpSyncServerExchange session, CallToolRequest call) {
    byte[] chunk = "x".repeat(65_536).getBytes(StandardCharsets.UTF_8);
    try {
      while (true) {
        wire.write(chunk);
      }
    } catch (IOException e) {
      Runtime.getRuntime().halt(1);
      return text("");
    }
  }

  private CallToolResult grow(McpSyncServerExchange session, CallToolRequest call) {
    server.addTool(tool("grown", McpPeer::echo, "message"));
    return text("Grown.");
  }
}

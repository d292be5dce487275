package io.ordinaut.tests.utils;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.json.Json;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.loop.Worker;
import io.ordinaut.worker.run.RunOutcome;
import io.ordinaut.worker.tool.ToolCall;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/** A worker, the MCP servers that it calls, and runs on it. Closing it closes them all. */
public final class McpBench implements AutoCloseable {
  /** Where the public reference server is, if it was installed. */
  private static final Path EVERYTHING =
      Path.of("target/mcp/node_modules/@modelcontextprotocol/server-everything/dist/index.js");

  private final Harness db = new Harness();
  private final McpHttpPeer http = new McpHttpPeer();
  private final Worker worker;
  private volatile Runnable interlude = () -> {};
  private Process everything;
  private int everythingPort;

  /** With the server {@code web} over HTTP only, or as well with those that are processes. */
  private McpBench(Map<String, String> processes) {
    Map<String, String> settings = new TreeMap<>(processes);
    settings.put("outbound-allow", "127.0.0.1");
    register("web", http.url());
    worker = db.worker("mcp", settings, Map.of("interlude", this::interlude));
  }

  /** With the server {@code web} over HTTP. */
  public static McpBench overHttp() {
    return new McpBench(Map.of());
  }

  /** With the server {@code local} as a process, {@code web} over HTTP, and whatever is there. */
  public static McpBench withProcesses() {
    McpBench bench = new McpBench(processes());
    if (hasEverything()) {
      bench.everythingPort = Backends.freePort();
      bench.startEverything();
      bench.register("everyweb", "http://127.0.0.1:" + bench.everythingPort + "/mcp");
    }
    bench.awaitTools("local", Duration.ofSeconds(60));
    return bench;
  }

  private static Map<String, String> processes() {
    Map<String, String> settings = new TreeMap<>();
    settings.put("mcp.local.command", ProcessHandle.current().info().command().orElse("java"));
    settings.put(
        "mcp.local.args",
        "-XX:TieredStopAtLevel=1,-XX:+UseSerialGC,-cp,"
            + System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
            + ","
            + McpPeer.class.getName());
    settings.put("mcp.local.env.GREETING", "hello");
    settings.put("mcp.broken.command", "/no/such/program");
    if (hasEverything()) {
      settings.put("mcp.everything.command", "node");
      settings.put("mcp.everything.args", EVERYTHING.toAbsolutePath() + ",stdio");
    }
    return settings;
  }

  private JsonNode interlude(ToolCall call) {
    interlude.run();
    return Json.object();
  }

  /** What the built-in tool {@code interlude} does. */
  public void interlude(Runnable body) {
    interlude = body;
  }

  /** Whether the public reference server is installed. */
  public static boolean hasEverything() {
    return Files.exists(EVERYTHING);
  }

  /** The database. */
  public Harness db() {
    return db;
  }

  /** The server {@code web}. */
  public McpHttpPeer http() {
    return http;
  }

  /** Starts the reference server over HTTP. */
  public void startEverything() {
    try {
      ProcessBuilder builder =
          new ProcessBuilder("node", EVERYTHING.toString(), "streamableHttp")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD);
      builder.environment().put("PORT", Integer.toString(everythingPort));
      everything = builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    await().atMost(Duration.ofSeconds(20)).until(() -> answers(everythingPort));
  }

  private static boolean answers(int port) {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  /** Kills the reference server over HTTP, and starts it again. */
  public void restartEverything() {
    everything.destroyForcibly().onExit().join();
    startEverything();
  }

  /** Kills the reference server that is a process of the worker's. */
  public static void killEverything() {
    ProcessHandle.current()
        .descendants()
        .filter(process -> process.info().commandLine().orElse("").endsWith("index.js stdio"))
        .forEach(
            process -> {
              process.destroyForcibly();
              process.onExit().join();
            });
  }

  /** Registers a server over HTTP. */
  public void register(String name, String url) {
    db.execute("INSERT INTO mcp_server (name, transport, url) VALUES ($1, 'http', $2)", name, url);
  }

  /** Waits until the catalogue has tools of a server. */
  public void awaitTools(String server, Duration longest) {
    await().atMost(longest).until(() -> !tools(server).isEmpty());
  }

  /** The tools that the catalogue has of a server. */
  public List<String> tools(String server) {
    return db.query("SELECT name FROM tool WHERE server = $1 ORDER BY name", server).stream()
        .map(row -> row.getString("name"))
        .toList();
  }

  /** A step. */
  public static JsonObject step(String id, String uses, String with) {
    return new JsonObject()
        .put("id", id)
        .put("uses", uses)
        .put("with", new JsonObject(with))
        .put("save_as", id);
  }

  /** Runs a pipeline to its end, here. */
  public RunOutcome.Ended run(JsonObject... steps) {
    return (RunOutcome.Ended) worker.execute(leased(steps));
  }

  /** Starts a run that goes on by itself; its id. */
  public synchronized UUID start(JsonObject... steps) {
    UUID id = UUID.randomUUID();
    JsonObject payload = new JsonObject().put("pipeline", new ArrayList<>(List.of(steps)));
    db.execute("INSERT INTO due_work (id, payload) VALUES ($1, $2)", id, payload);
    worker.turn();
    return id;
  }

  /** The worker. */
  public Worker worker() {
    return worker;
  }

  /** One at a time, so that nobody takes another's work. */
  private synchronized Lease leased(JsonObject... steps) {
    JsonObject payload = new JsonObject().put("pipeline", new ArrayList<>(List.of(steps)));
    db.execute("INSERT INTO due_work (payload) VALUES ($1)", payload);
    return worker.lease(1).leases().get(0);
  }

  /** What a step brought; the run has to succeed. */
  public JsonNode output(String uses, String with) {
    RunOutcome.Ended end = run(step("it", uses, with));
    if (end.message() != null) {
      throw new AssertionError(end.message());
    }
    return Json.read(Json.write(end.outputs().get("it")));
  }

  @Override
  public void close() throws Exception {
    db.close();
    http.close();
    if (everything != null) {
      everything.destroyForcibly();
    }
  }
}

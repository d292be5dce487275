package io.ordinaut.tests.utils;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.ordinaut.json.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A server over streamable HTTP with one tool, {@code it}, whose answers are a test's to write,
 * byte by byte.
 */
public final class McpRawPeer implements AutoCloseable {
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<String> calls = new CopyOnWriteArrayList<>();
  private final List<String> canceled = new CopyOnWriteArrayList<>();
  private final List<String> resumedAfter = new CopyOnWriteArrayList<>();
  private final HttpServer http;
  private volatile Reply called = (id, exchange) -> exchange.close();
  private volatile Reply resumed = (id, exchange) -> exchange.close();

  /** Writes an answer to the request of the given id. */
  public interface Reply {
    /** Writes it. */
    void write(String id, HttpExchange exchange) throws IOException;
  }

  /** On a port of its own. */
  public McpRawPeer() {
    try {
      http = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 100);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    http.setExecutor(threads);
    http.createContext("/mcp", this::handle);
    http.start();
  }

  /** Where it listens. */
  public String url() {
    return "http://127.0.0.1:" + http.getAddress().getPort() + "/mcp";
  }

  /** How it answers calls of its tool. */
  public void onCall(Reply reply) {
    called = reply;
  }

  /** How it goes on with a stream that broke off. */
  public void onResumption(Reply reply) {
    resumed = reply;
  }

  /** The ids of the calls of its tool. */
  public List<String> calls() {
    return calls;
  }

  /** The ids of the requests that were canceled. */
  public List<String> canceled() {
    return canceled;
  }

  /** The ids of the events after which streams were to go on. */
  public List<String> resumedAfter() {
    return resumedAfter;
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      switch (exchange.getRequestMethod()) {
        case "POST" -> post(exchange, Json.MAPPER.readTree(exchange.getRequestBody()));
        case "GET" -> get(exchange);
        default -> exchange.sendResponseHeaders(200, -1);
      }
    }
  }

  private void get(HttpExchange exchange) throws IOException {
    String last = exchange.getRequestHeaders().getFirst("Last-Event-ID");
    if (last == null) {
      exchange.sendResponseHeaders(405, -1);
      return;
    }
    resumedAfter.add(last);
    resumed.write(calls.get(calls.size() - 1), exchange);
  }

  private void post(HttpExchange exchange, JsonNode message) throws IOException {
    String id = message.path("id").asText();
    ObjectNode result = Json.object();
    switch (message.path("method").asText()) {
      case "initialize" -> {
        result.put("protocolVersion", "2025-06-18").putObject("capabilities").putObject("tools");
        result.putObject("serverInfo").put("name", "raw").put("version", "1");
        answer(exchange, response(id, result));
      }
      case "tools/list" -> {
        ObjectNode tool = result.putArray("tools").addObject().put("name", "it");
        tool.putObject("inputSchema").put("type", "object");
        answer(exchange, response(id, result));
      }
      case "tools/call" -> {
        calls.add(id);
        called.write(id, exchange);
      }
      case "notifications/cancelled" -> {
        canceled.add(message.at("/params/requestId").asText());
        exchange.sendResponseHeaders(202, -1);
      }
      default -> exchange.sendResponseHeaders(202, -1);
    }
  }

  /** The message that answers a request. */
  public static String response(String id, ObjectNode result) {
    ObjectNode message = Json.object().put("jsonrpc", "2.0").put("id", id);
    message.set("result", result);
    return Json.write(message);
  }

  /** The message that answers a call of the tool with a text. */
  public static String said(String id, String text) {
    ObjectNode result = Json.object();
    result.putArray("content").addObject().put("type", "text").put("text", text);
    return response(id, result);
  }

  /** Answers with a message. */
  public static void answer(HttpExchange exchange, String message) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(200, 0);
    exchange.getResponseBody().write(message.getBytes(StandardCharsets.UTF_8));
  }

  /** Begins to answer with a stream of events. */
  public static OutputStream stream(HttpExchange exchange, String beginning) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    exchange.getResponseBody().write(beginning.getBytes(StandardCharsets.UTF_8));
    exchange.getResponseBody().flush();
    return exchange.getResponseBody();
  }

  @Override
  public void close() {
    http.stop(0);
    threads.shutdownNow();
  }
}

package io.ordinaut.worker.tool.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.json.Json;
import io.ordinaut.worker.secret.Secrets;
import io.ordinaut.worker.tool.Tool;
import io.ordinaut.worker.tool.ToolCall;
import io.ordinaut.worker.tool.ToolException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HttpToolTest {
  private static final Outbound OUTBOUND = new Outbound(AllowList.parse("127.0.0.1"));
  private static final Tool REQUEST = new HttpRequestTool(OUTBOUND);
  private static HttpServer server;
  private static String base;

  @BeforeAll
  static void open() throws IOException {
    server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    base = "http://127.0.0.1:" + server.getAddress().getPort();
    server.createContext("/echo", HttpToolTest::echo);
    server.createContext("/deflated", HttpToolTest::deflated);
    server.createContext("/br", HttpToolTest::br);
    server.createContext(
        "/fails", exchange -> answer(exchange, 503, "text/plain", "x".repeat(600).getBytes()));
    server.createContext(
        "/bytes", exchange -> answer(exchange, 200, "image/png", new byte[] {1, 2, (byte) 200}));
    server.createContext(
        "/latin",
        exchange ->
            answer(
                exchange,
                200,
                "text/plain; charset=ISO-8859-1",
                "é".getBytes(StandardCharsets.ISO_8859_1)));
    server.createContext("/nothing", exchange -> answer(exchange, 204, "", new byte[0]));
    server.createContext(
        "/liar", exchange -> answer(exchange, 200, "application/json", "<html>".getBytes()));
    server.createContext("/zipped", HttpToolTest::zipped);
    server.start();
  }

  @AfterAll
  static void close() {
    OUTBOUND.close();
    server.stop(0);
  }

  /** Answers with what it was asked. */
  private static void echo(HttpExchange exchange) throws IOException {
    var seen = Json.object().put("method", exchange.getRequestMethod());
    seen.put("uri", exchange.getRequestURI().toString());
    var headers = seen.putObject("headers");
    exchange
        .getRequestHeaders()
        .forEach((name, values) -> headers.put(name.toLowerCase(), String.join("|", values)));
    seen.put("body", new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
    answer(exchange, 200, "application/vnd.test+json", Json.write(seen).getBytes());
  }

  private static void zipped(HttpExchange exchange) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write("[1, 2]".getBytes(StandardCharsets.US_ASCII));
    }
    exchange.getResponseHeaders().set("Content-Encoding", "gzip");
    answer(exchange, 200, "application/json; charset=utf-8", bytes.toByteArray());
  }

  private static void deflated(HttpExchange exchange) throws IOException {
    String how = exchange.getRequestURI().getQuery();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    byte[] text = "hello hello hello".getBytes(StandardCharsets.US_ASCII);
    if (how.equals("identity")) {
      bytes.writeBytes(text);
    } else {
      try (var out = new DeflaterOutputStream(bytes, new Deflater(9, how.equals("raw")))) {
        out.write(text);
      }
    }
    exchange
        .getResponseHeaders()
        .set("Content-Encoding", how.equals("identity") ? "identity" : "deflate");
    answer(exchange, 200, "text/plain", bytes.toByteArray());
  }

  private static void br(HttpExchange exchange) throws IOException {
    exchange.getResponseHeaders().set("Content-Encoding", "br");
    boolean isHead = exchange.getRequestMethod().equals("HEAD");
    answer(
        exchange,
        200,
        "application/json",
        isHead ? new byte[0] : new byte[] {0x0b, 0, (byte) 0x80});
  }

  private static void answer(HttpExchange exchange, int status, String type, byte[] body)
      throws IOException {
    if (!type.isEmpty()) {
      exchange.getResponseHeaders().set("Content-Type", type);
    }
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  private static JsonNode call(Tool tool, String input) throws InterruptedException {
    return tool.call(
        new ToolCall(
            Json.read(input.replace("BASE", base)),
            "root:step",
            Duration.ofSeconds(30),
            UUID.randomUUID(),
            UUID.randomUUID(),
            0,
            new Secrets(names -> Map.of("KEY", "very-secret-key"))));
  }

  private static JsonNode request(String input) throws InterruptedException {
    return call(REQUEST, input);
  }

  private static void fails(String input, ErrorCode code, String sentence) {
    assertThatThrownBy(() -> request(input))
        .asInstanceOf(type(ToolException.class))
        .satisfies(
            e -> {
              assertThat(e.code()).isEqualTo(code);
              assertThat(e.getMessage()).contains(sentence);
            });
  }

  @Test
  void a_request_is_a_get_that_carries_the_key_of_the_call() throws InterruptedException {
    JsonNode answer = request("{\"url\": \"BASE/echo\"}");
    assertThat(answer.path("status").intValue()).isEqualTo(200);
    assertThat(answer.at("/headers/content-type").asText()).isEqualTo("application/vnd.test+json");
    assertThat(answer.at("/body/method").asText()).isEqualTo("GET");
    assertThat(answer.at("/body/headers/idempotency-key").asText()).isEqualTo("root:step");
  }

  @Test
  void a_body_is_read_as_it_was_before_it_was_compressed() throws InterruptedException {
    for (String how : List.of("zlib", "raw", "identity")) {
      assertThat(request("{\"url\": \"BASE/deflated?" + how + "\"}").path("body").asText())
          .as(how)
          .isEqualTo("hello hello hello");
    }
    assertThat(request("{\"url\": \"BASE/br\", \"method\": \"HEAD\"}").path("status").intValue())
        .isEqualTo(200);
  }

  @Test
  void an_encoding_that_is_not_read_is_named() {
    fails(
        "{\"url\": \"BASE/br\"}",
        ErrorCode.OUTPUT_INVALID,
        "The answer is encoded with br; only gzip, deflate and identity are read.");
    fails(
        "{\"url\": \"BASE/br\", \"accept_status\": [404]}",
        ErrorCode.TOOL_ERROR,
        "answered with status 200: The answer is encoded with br;");
  }

  @Test
  void a_key_that_the_author_has_set_stays() throws InterruptedException {
    JsonNode answer =
        request("{\"url\": \"BASE/echo\", \"headers\": {\"idempotency-key\": \"mine\", \"X\": 1}}");
    assertThat(answer.at("/body/headers/idempotency-key").asText()).isEqualTo("mine");
    assertThat(answer.at("/body/headers/x").asText()).isEqualTo("1");
  }

  @Test
  void the_query_is_encoded_and_added() throws InterruptedException {
    JsonNode answer =
        request(
            """
            {"url": "BASE/echo?a=1#part", "query": {"q": "x y&z", "n": [1, 2], "none": null}}""");
    assertThat(answer.at("/body/uri").asText()).isEqualTo("/echo?a=1&q=x%20y%26z&n=1&n=2");
  }

  @Test
  void a_text_is_sent_as_text_and_any_other_body_as_json() throws InterruptedException {
    JsonNode text = request("{\"method\": \"POST\", \"url\": \"BASE/echo\", \"body\": \"é\"}");
    assertThat(text.at("/body/body").asText()).isEqualTo("é");
    assertThat(text.at("/body/headers/content-type").asText())
        .isEqualTo("text/plain; charset=utf-8");
    JsonNode json =
        request("{\"method\": \"PUT\", \"url\": \"BASE/echo\", \"body\": {\"a\": 1.50}}");
    assertThat(json.at("/body/body").asText()).isEqualTo("{\"a\":1.50}");
    assertThat(json.at("/body/headers/content-type").asText()).isEqualTo("application/json");
    JsonNode form =
        request(
            """
            {"method": "POST", "url": "BASE/echo", "body": "a=1",
             "headers": {"content-type": "application/x-www-form-urlencoded"}}""");
    assertThat(form.at("/body/headers/content-type").asText())
        .isEqualTo("application/x-www-form-urlencoded");
  }

  @Test
  void what_is_no_success_is_an_error_that_shows_how_the_answer_begins() {
    fails(
        "{\"url\": \"BASE/fails\"}",
        ErrorCode.TOOL_ERROR,
        base + " answered with status 503: " + "x".repeat(500) + "…");
    fails(
        "{\"url\": \"BASE/echo\", \"accept_status\": [\"404\"]}",
        ErrorCode.TOOL_ERROR,
        "answered with status 200: {");
  }

  @Test
  void what_counts_as_success_can_be_said() throws InterruptedException {
    for (String accepted : new String[] {"503", "\"503\"", "404, \"5xx\""}) {
      assertThat(
              request("{\"url\": \"BASE/fails\", \"accept_status\": [" + accepted + "]}")
                  .path("status")
                  .intValue())
          .isEqualTo(503);
    }
  }

  @Test
  void a_body_is_json_text_or_base64_as_its_type_says() throws InterruptedException {
    JsonNode bytes = request("{\"url\": \"BASE/bytes\"}");
    assertThat(bytes.path("body").asText()).isEqualTo("AQLI");
    assertThat(bytes.path("encoding").asText()).isEqualTo("base64");
    assertThat(request("{\"url\": \"BASE/latin\"}").path("body").asText()).isEqualTo("é");
    assertThat(request("{\"url\": \"BASE/nothing\"}").path("body").asText()).isEmpty();
    assertThat(request("{\"url\": \"BASE/zipped\"}").path("body").path(1).intValue()).isEqualTo(2);
    assertThat(
            request("{\"method\": \"HEAD\", \"url\": \"BASE/nothing\"}").path("status").intValue())
        .isEqualTo(204);
    fails("{\"url\": \"BASE/liar\"}", ErrorCode.TOOL_ERROR, "says that it is JSON, and is not");
  }

  private static JsonNode tool(String request, String arguments) throws InterruptedException {
    return call(new HttpTool(Json.read(request.replace("BASE", base)), OUTBOUND), arguments);
  }

  @Test
  void arguments_of_an_http_tool_fill_the_url_and_what_is_left_the_body()
      throws InterruptedException {
    JsonNode seen =
        tool(
            """
            {"method": "POST", "url_template": "BASE/echo/{id}{?verbose}",
             "headers": {"Authorization": "Bearer ${secrets.KEY}"}}""",
            "{\"id\": \"a/b\", \"verbose\": true, \"name\": \"Ana\", \"tags\": [1]}");
    assertThat(seen.path("uri").asText()).isEqualTo("/echo/a%2Fb?verbose=true");
    assertThat(seen.path("body").asText()).isEqualTo("{\"name\":\"Ana\",\"tags\":[1]}");
    assertThat(seen.at("/headers/authorization").asText()).isEqualTo("Bearer very-secret-key");
    assertThat(seen.at("/headers/idempotency-key").asText()).isEqualTo("root:step");
  }

  @Test
  void where_there_is_no_body_what_is_left_goes_into_the_query() throws InterruptedException {
    JsonNode seen =
        tool(
            "{\"url_template\": \"BASE/echo/{id}\"}",
            "{\"id\": 7, \"q\": \"x y\", \"none\": null}");
    assertThat(seen.path("method").asText()).isEqualTo("GET");
    assertThat(seen.path("uri").asText()).isEqualTo("/echo/7?q=x%20y");
    assertThat(seen.path("body").asText()).isEmpty();
  }

  @Test
  void an_http_tool_names_the_argument_that_its_path_lacks() {
    assertThatThrownBy(() -> tool("{\"url_template\": \"BASE/echo/{id}\"}", "{\"id\": null}"))
        .asInstanceOf(type(ToolException.class))
        .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.MISSING_PARAMETER))
        .extracting(Throwable::getMessage)
        .isEqualTo("missing required parameter: id");
  }

  @Test
  void an_http_tool_fails_where_its_server_does() {
    assertThatThrownBy(() -> tool("{\"url_template\": \"BASE/fails\"}", "{}"))
        .hasMessageContaining("answered with status 503");
  }
}

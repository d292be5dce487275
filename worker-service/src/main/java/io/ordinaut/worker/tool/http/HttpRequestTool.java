package io.ordinaut.worker.tool.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.json.Json;
import io.ordinaut.pipeline.UrlTemplate;
import io.ordinaut.worker.tool.Tool;
import io.ordinaut.worker.tool.ToolCall;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/** {@code http.request}: one request, as the step describes it. */
public final class HttpRequestTool implements Tool {
  private final Outbound outbound;

  /** With the way to the outside. */
  public HttpRequestTool(Outbound outbound) {
    this.outbound = outbound;
  }

  @Override
  public JsonNode call(ToolCall call) throws InterruptedException {
    OutboundRequest request = request(call);
    try (Exchange exchange = outbound.send(request)) {
      if (!accepts(call.input().path("accept_status"), exchange.status())) {
        throw HttpAnswer.refusal(request, exchange, call.secrets());
      }
      HttpAnswer answer = HttpAnswer.of(exchange);
      ObjectNode output = Json.object().put("status", exchange.status());
      exchange.headers().forEach(output.putObject("headers")::put);
      output.set("body", answer.body());
      return answer.encoding() == null ? output : output.put("encoding", answer.encoding());
    }
  }

  private static OutboundRequest request(ToolCall call) {
    JsonNode input = call.input();
    JsonNode body = input.path("body");
    boolean hasBody = !body.isMissingNode() && !body.isNull();
    Map<String, String> headers = headers(input.path("headers"), call.idempotencyKey());
    if (hasBody) {
      headers.putIfAbsent(
          "Content-Type", body.isTextual() ? "text/plain; charset=utf-8" : "application/json");
    }
    String content = !hasBody ? "" : body.isTextual() ? body.textValue() : Json.write(body);
    return new OutboundRequest(
        input.path("method").asText("GET"),
        OutboundRequest.url(url(input)),
        headers,
        content.getBytes(StandardCharsets.UTF_8),
        call.timeout());
  }

  /** What the author has set wins. */
  static Map<String, String> headers(JsonNode given, String idempotencyKey) {
    Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    given.properties().forEach(header -> headers.put(header.getKey(), header.getValue().asText()));
    headers.putIfAbsent("Accept", "application/json, */*;q=0.8");
    headers.putIfAbsent("Accept-Encoding", "gzip");
    headers.putIfAbsent("Idempotency-Key", idempotencyKey);
    headers.putIfAbsent("User-Agent", "ordinaut");
    return headers;
  }

  private static String url(JsonNode input) {
    String given = input.path("url").asText();
    int fragment = given.indexOf('#');
    StringBuilder url = new StringBuilder(fragment < 0 ? given : given.substring(0, fragment));
    for (var parameter : input.path("query").properties()) {
      if (parameter.getValue().isArray()) {
        parameter.getValue().forEach(one -> UrlTemplate.addQuery(url, parameter.getKey(), one));
      } else {
        UrlTemplate.addQuery(url, parameter.getKey(), parameter.getValue());
      }
    }
    return url.toString();
  }

  /** Codes such as 404 and classes such as 2xx, which is what counts unless others are named. */
  private static boolean accepts(JsonNode accepted, int status) {
    if (accepted.isEmpty()) {
      return status / 100 == 2;
    }
    for (JsonNode one : accepted) {
      String text = one.asText();
      if (text.equals(status / 100 + "xx") || text.equals(Integer.toString(status))) {
        return true;
      }
    }
    return false;
  }
}

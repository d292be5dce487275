package io.ordinaut.worker.tool.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.Json;
import io.ordinaut.pipeline.ExpressionException;
import io.ordinaut.pipeline.HttpToolRequest;
import io.ordinaut.pipeline.UrlTemplate;
import io.ordinaut.worker.tool.Tool;
import io.ordinaut.worker.tool.ToolCall;
import io.ordinaut.worker.tool.ToolException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** A tool of the catalogue that is an HTTP request: its arguments fill URL, query and body. */
public final class HttpTool implements Tool {
  private final HttpToolRequest request;
  private final Outbound outbound;

  /**
   * @param request as the catalogue has it
   * @param outbound the way to the outside
   * @throws ToolException {@code tool_error} when the request can't be read
   */
  public HttpTool(JsonNode request, Outbound outbound) {
    Violations violations = new Violations();
    this.request = HttpToolRequest.parse(request, "request", violations);
    this.outbound = outbound;
    if (!violations.isEmpty()) {
      throw new ToolException(
          ErrorCode.TOOL_ERROR,
          "The catalogue's entry of the tool can't be used: " + violations.all().get(0));
    }
  }

  @Override
  public JsonNode call(ToolCall call) throws InterruptedException {
    OutboundRequest sent = request(call);
    try (Exchange exchange = outbound.send(sent)) {
      if (exchange.status() / 100 != 2) {
        throw HttpAnswer.refusal(sent, exchange, call.secrets());
      }
      HttpAnswer answer = HttpAnswer.of(exchange);
      if (answer.encoding() == null) {
        return answer.body();
      }
      ObjectNode output = Json.object().put("encoding", answer.encoding());
      output.set("body", answer.body());
      return output;
    }
  }

  private OutboundRequest request(ToolCall call) {
    ObjectNode rest = call.input().deepCopy();
    rest.remove(request.url().names());
    Map<String, String> headers = headers(call);
    String url = url(call.input());
    String body = "";
    if (!request.method().hasBody()) {
      StringBuilder withQuery = new StringBuilder(url);
      rest.properties()
          .forEach(one -> UrlTemplate.addQuery(withQuery, one.getKey(), one.getValue()));
      url = withQuery.toString();
    } else if (!rest.isEmpty()) {
      headers.putIfAbsent("Content-Type", "application/json");
      body = Json.write(rest);
    }
    return new OutboundRequest(
        request.method().name(),
        OutboundRequest.url(url),
        headers,
        body.getBytes(StandardCharsets.UTF_8),
        call.timeout());
  }

  private String url(JsonNode arguments) {
    String missing = request.url().missing(arguments);
    if (missing != null) {
      throw new ToolException(
          ErrorCode.MISSING_PARAMETER, "missing required parameter: " + missing);
    }
    try {
      return request.url().expand(arguments);
    } catch (ExpressionException e) {
      throw new ToolException(ErrorCode.SCHEMA_ERROR, String.valueOf(e.getMessage()));
    }
  }

  private Map<String, String> headers(ToolCall call) {
    ObjectNode context = Json.object();
    context.set("secrets", call.secrets().reveal(request.headers().secrets()));
    try {
      return HttpRequestTool.headers(request.headers().render(context), call.idempotencyKey());
    } catch (ExpressionException e) {
      throw new ToolException(ErrorCode.TEMPLATE_ERROR, String.valueOf(e.getMessage()));
    }
  }
}

package io.ordinaut.worker.tool.mcp;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.Json;
import io.ordinaut.pipeline.ExpressionException;
import io.ordinaut.pipeline.Scope;
import io.ordinaut.pipeline.Template;
import io.ordinaut.worker.secret.Secrets;
import io.ordinaut.worker.tool.ToolException;
import java.util.Map;
import java.util.TreeMap;

/** The headers that a server wants with every request; their values may name secrets. */
final class Headers {
  private Headers() {}

  /**
   * Fills in the secrets, which are masked from then on in the run that calls.
   *
   * @throws ToolException {@code template_error} when a value can't be rendered
   */
  static Map<String, String> render(JsonNode templates, Secrets secrets) {
    Violations violations = new Violations();
    Template template = Template.compile(templates, "headers", Scope.SECRETS, violations);
    if (!violations.all().isEmpty()) {
      throw new ToolException(
          ErrorCode.TEMPLATE_ERROR, "The server's headers can't be rendered: " + violations.all());
    }
    try {
      JsonNode context = Json.object().set("secrets", secrets.reveal(template.secrets()));
      Map<String, String> headers = new TreeMap<>();
      for (var field : template.render(context).properties()) {
        headers.put(field.getKey(), field.getValue().asText());
      }
      return headers;
    } catch (ExpressionException e) {
      throw new ToolException(
          ErrorCode.TEMPLATE_ERROR, "The server's headers can't be rendered: " + e.getMessage());
    }
  }
}

package io.ordinaut.api.tool;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.failure.InvalidInputException;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.Json;
import io.ordinaut.json.JsonFields;
import io.ordinaut.json.Storable;
import io.ordinaut.pipeline.ExpressionException;
import io.ordinaut.pipeline.HttpToolRequest;
import io.ordinaut.pipeline.Schema;
import io.ordinaut.pipeline.ToolName;
import org.jspecify.annotations.Nullable;

/**
 * A tool that is an HTTP call, checked but not yet stored.
 *
 * @param name {@code server.tool}
 * @param description for people and agents
 * @param request {@code {method, url_template, headers}}
 * @param inputSchema JSON Schema of its arguments
 * @param outputSchema JSON Schema of its output; null when it has none
 */
record HttpToolDraft(
    String name,
    String description,
    ObjectNode request,
    JsonNode inputSchema,
    @Nullable JsonNode outputSchema) {
  private static final int LONGEST_DESCRIPTION = 2_000;

  /**
   * Reads and checks the JSON of a tool.
   *
   * @throws InvalidInputException with all that is wrong
   */
  static HttpToolDraft parse(String name, JsonNode body) {
    Violations violations = new Violations();
    name(name, violations);
    JsonFields fields = new JsonFields(body, "", violations);
    String description = fields.text("description", "", 0, LONGEST_DESCRIPTION);
    ObjectNode request = request(fields, violations);
    JsonNode input = schema("input_schema", fields, violations);
    JsonNode output = schema("output_schema", fields, violations);
    if (input == null) {
      fields.fault("input_schema", "is required: a JSON Schema of the arguments.");
    }
    fields.refuseUnknown();
    violations.throwIfAny();
    return new HttpToolDraft(
        name, description, request, input == null ? Json.object() : input, output);
  }

  /** The part of a tool's name before its dot. */
  static String serverOf(String name) {
    return name.substring(0, Math.max(0, name.indexOf('.')));
  }

  private static void name(String name, Violations violations) {
    if (!ToolName.isWellFormed(name) || name.indexOf('.') < 0) {
      violations.add("name", "must be of the form server.tool, such as weather.forecast.");
    } else if (BuiltInTools.isTaken(name)) {
      violations.add("name", "is that of a built-in tool.");
    } else if (name.endsWith("/call")) {
      violations.add("name", "must not end in /call, which is the path of a call.");
    }
  }

  /** As it is stored: what workers read, and nothing else. */
  private static ObjectNode request(JsonFields fields, Violations violations) {
    ObjectNode request = Json.object();
    for (String field : new String[] {"method", "url_template", "headers"}) {
      JsonNode value = fields.node(field);
      if (value != null) {
        request.set(field, value);
      }
    }
    HttpToolRequest read = HttpToolRequest.parse(request, "", violations);
    request.put("method", read.method().name());
    if (request.path("headers").isObject()) {
      Headers.refuseLiterals(request.get("headers"), violations);
    }
    Violations unstorable = new Violations();
    request.properties().forEach(one -> Storable.check(one.getValue(), one.getKey(), unstorable));
    violations.addNew(unstorable);
    return request;
  }

  private static @Nullable JsonNode schema(String field, JsonFields fields, Violations violations) {
    JsonNode schema = fields.node(field);
    if (schema == null) {
      return null;
    }
    try {
      Schema.compile(schema);
    } catch (ExpressionException e) {
      fields.fault(field, String.valueOf(e.getMessage()));
    }
    Storable.check(schema, field, violations);
    return schema;
  }
}

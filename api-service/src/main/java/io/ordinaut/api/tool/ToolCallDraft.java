package io.ordinaut.api.tool;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.ordinaut.failure.InvalidInputException;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.Json;
import io.ordinaut.json.JsonFields;
import io.ordinaut.json.Storable;

/**
 * A call of a tool by hand, checked but not yet made.
 *
 * @param arguments taken as they are: nothing in them is evaluated
 * @param timeoutSeconds how long the tool may take
 */
record ToolCallDraft(ObjectNode arguments, double timeoutSeconds) {
  /** Under which the run has the tool's output. */
  static final String OUTPUT = "output";

  private static final double LONGEST_SECONDS = 86_400;

  /**
   * Reads and checks the JSON of a call.
   *
   * @throws InvalidInputException with all that is wrong
   */
  static ToolCallDraft parse(JsonNode body) {
    Violations violations = new Violations();
    JsonFields fields = new JsonFields(body, "", violations);
    JsonNode arguments = fields.node("arguments");
    if (arguments == null) {
      arguments = Json.object();
    } else if (!arguments.isObject()) {
      fields.fault("arguments", "must be a JSON object.");
    }
    Storable.check(arguments, "arguments", violations);
    double timeout = fields.number("timeout_seconds", 60, 0.001, LONGEST_SECONDS);
    fields.refuseUnknown();
    violations.throwIfAny();
    return new ToolCallDraft((ObjectNode) arguments, timeout);
  }

  /** A pipeline of one step that is tried once. */
  ObjectNode payload(String tool) {
    ObjectNode payload = Json.object();
    ObjectNode step = payload.putArray("pipeline").addObject();
    step.put("id", "call").put("uses", tool).put("save_as", OUTPUT);
    step.put("timeout_seconds", timeoutSeconds).set("with", literal(arguments));
    payload.putObject("settings").put("max_retries", 0);
    return payload;
  }

  /** The template that yields the given value. */
  static JsonNode literal(JsonNode value) {
    if (value.isTextual()) {
      return TextNode.valueOf(literal(value.textValue()));
    }
    if (value instanceof ArrayNode array) {
      ArrayNode copy = Json.MAPPER.createArrayNode();
      array.forEach(element -> copy.add(literal(element)));
      return copy;
    }
    if (value instanceof ObjectNode object) {
      ObjectNode copy = Json.object();
      object
          .properties()
          .forEach(field -> copy.set(literal(field.getKey()), literal(field.getValue())));
      return copy;
    }
    return value;
  }

  private static String literal(String text) {
    return text.replace("${", "$${");
  }
}

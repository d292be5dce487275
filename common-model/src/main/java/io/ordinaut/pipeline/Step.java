package io.ordinaut.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.Json;
import io.ordinaut.json.JsonFields;
import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One step of a pipeline, compiled.
 *
 * @param id unique in its pipeline
 * @param uses the tool
 * @param with the tool's input
 * @param saveAs the name under which the output is kept
 * @param condition whether it runs at all
 * @param timeout how long one try may take
 * @param retryCount how many times it is tried in all; 0 leaves trying again to the run
 * @param retryDelay the pause between two tries
 */
public record Step(
    String id,
    String uses,
    Template with,
    @Nullable String saveAs,
    @Nullable Condition condition,
    Duration timeout,
    int retryCount,
    Duration retryDelay) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_-]{0,63}");
  private static final Pattern TOOL =
      Pattern.compile("[A-Za-z][A-Za-z0-9_-]{0,99}(\\.[A-Za-z0-9_./-]{1,200})?");

  static Step parse(JsonFields.Element element, Violations violations) {
    JsonFields fields = new JsonFields(element.value(), element.path(), violations);
    String id = fields.required("id", 64);
    if (!id.isEmpty() && !NAME.matcher(id).matches()) {
      fields.fault("id", "must begin with a letter or _ and hold only letters, digits, _ and -.");
    }
    String uses = fields.required("uses", 301);
    if (!uses.isEmpty() && !TOOL.matcher(uses).matches()) {
      fields.fault("uses", "must name a built-in tool or a tool of a server as server.tool.");
    }
    String saveAs = fields.text("save_as", 64);
    if (saveAs != null && !NAME.matcher(saveAs).matches()) {
      fields.fault(
          "save_as", "must begin with a letter or _ and hold only letters, digits, _ and -.");
    }
    Step step =
        new Step(
            id,
            uses,
            with(fields, violations),
            saveAs,
            condition(fields),
            Duration.ofMillis((long) (fields.number("timeout_seconds", 60, 0.001, 86_400) * 1000)),
            fields.integer("retry_count", 0, 1, 100),
            Duration.ofMillis((long) (fields.number("retry_delay_seconds", 0, 0, 86_400) * 1000)));
    fields.refuseUnknown();
    return step;
  }

  private static Template with(JsonFields fields, Violations violations) {
    JsonNode with = fields.node("with");
    if (with == null) {
      with = Json.object();
    }
    if (!with.isObject()) {
      fields.fault("with", "must be a JSON object.");
    }
    return Template.compile(with, fields.path("with"), violations);
  }

  private static @Nullable Condition condition(JsonFields fields) {
    JsonNode node = fields.node("if");
    if (node == null) {
      return null;
    }
    if (node.isBoolean()) {
      boolean always = node.booleanValue();
      return context -> always;
    }
    String source = fields.text("if", Expression.MAX_LENGTH);
    if (source == null) {
      return null;
    }
    try {
      return Condition.compile(source);
    } catch (ExpressionException e) {
      fields.fault("if", String.valueOf(e.getMessage()));
      return null;
    }
  }
}

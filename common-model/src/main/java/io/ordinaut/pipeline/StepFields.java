package io.ordinaut.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.Json;
import io.ordinaut.json.JsonFields;
import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the fields of a step, noting every fault. */
final class StepFields {
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_-]{0,63}");
  private static final double LONGEST_SECONDS = 86_400;

  private final JsonFields fields;
  private final Violations violations;
  private final Scope scope;

  private StepFields(JsonFields fields, Violations violations) {
    this.fields = fields;
    this.violations = violations;
    this.scope = fields.node("foreach") == null ? Scope.STEP : Scope.ITEM;
  }

  static Step parse(JsonFields.Element element, Violations violations) {
    JsonFields fields = new JsonFields(element.value(), element.path(), violations);
    Step step = new StepFields(fields, violations).step();
    fields.refuseUnknown();
    return step;
  }

  private Step step() {
    String id = name("id", fields.required("id", 64));
    String uses = ToolName.of(fields);
    Transform.check(uses, fields);
    String saveAs = fields.text("save_as", 64);
    if (saveAs != null) {
      name("save_as", saveAs);
      if (saveAs.isEmpty()) {
        fields.fault("save_as", "must not be empty; without it the output is not kept.");
      }
    }
    return new Step(
        id,
        uses,
        with(fields, scope, violations),
        saveAs,
        condition(),
        seconds("timeout_seconds", 60, 0.001),
        fields.integer("retry_count", 0, 1, 100),
        seconds("retry_delay_seconds", 0, 0),
        fields.choice("on_error", OnError.FAIL),
        compensation(),
        foreach(uses),
        schema());
  }

  private String name(String field, String value) {
    if (!value.isEmpty() && !NAME.matcher(value).matches()) {
      fields.fault(field, "must begin with a letter or _ and hold only letters, digits, _ and -.");
    }
    return value;
  }

  private Duration seconds(String field, double absent, double min) {
    return Duration.ofMillis((long) (fields.number(field, absent, min, LONGEST_SECONDS) * 1000));
  }

  static Template with(JsonFields fields, Scope scope, Violations violations) {
    JsonNode with = fields.node("with");
    if (with == null) {
      with = Json.object();
    }
    if (!with.isObject()) {
      fields.fault("with", "must be a JSON object.");
    }
    return Template.compile(with, fields.path("with"), scope, violations);
  }

  /** A condition is asked once, before the list of a foreach is made. */
  private @Nullable Condition condition() {
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
      return Condition.compile(source, Scope.WHOLE_STEP);
    } catch (ExpressionException e) {
      fields.fault("if", String.valueOf(e.getMessage()));
      return null;
    }
  }

  private @Nullable Compensation compensation() {
    JsonNode node = fields.node("compensate");
    return node == null
        ? null
        : Compensation.parse(node, fields.path("compensate"), scope, violations);
  }

  private @Nullable Foreach foreach(String uses) {
    int maxParallel = fields.integer("max_parallel", 1, 1, Foreach.MOST_PARALLEL);
    String source = fields.text("foreach", Expression.MAX_LENGTH);
    if (source == null) {
      if (fields.node("foreach") == null && fields.node("max_parallel") != null) {
        fields.fault("max_parallel", "belongs to foreach, which is not there.");
      }
      return null;
    }
    if (uses.equals(Step.DELAY)) {
      fields.fault("foreach", "can't repeat a delay; a step of its own waits.");
    }
    try {
      return new Foreach(Expression.compileBare(source, Scope.WHOLE_STEP), maxParallel);
    } catch (ExpressionException e) {
      fields.fault("foreach", String.valueOf(e.getMessage()));
      return null;
    }
  }

  private @Nullable Schema schema() {
    JsonNode node = fields.node("output_schema");
    if (node == null) {
      return null;
    }
    try {
      return Schema.compile(node);
    } catch (ExpressionException e) {
      fields.fault("output_schema", String.valueOf(e.getMessage()));
      return null;
    }
  }
}

package io.ordinaut.task;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.Json;
import io.ordinaut.pipeline.Condition;
import io.ordinaut.pipeline.ExpressionException;
import io.ordinaut.pipeline.Probe;
import io.ordinaut.pipeline.Scope;
import io.ordinaut.schedule.ScheduleKind;
import io.ordinaut.schedule.Topic;
import org.jspecify.annotations.Nullable;

/** Checks what starts a task that does not start by time alone: a topic, or a condition. */
final class TriggerFields {
  private TriggerFields() {}

  static void check(
      @Nullable ScheduleKind kind, String expression, JsonNode payload, Violations violations) {
    if (kind == ScheduleKind.EVENT) {
      String fault = expression.isEmpty() ? null : Topic.faultOfPattern(expression);
      if (fault != null) {
        violations.add("schedule_expr", fault);
      }
      JsonNode when = payload.path("when");
      if (!when.isMissingNode() && !when.isNull()) {
        checkExpression(
            "payload.when", when.isTextual() ? when.textValue() : null, Scope.ANY, violations);
      }
    } else {
      refuse(payload, "when", kind, ScheduleKind.EVENT, violations);
    }
    if (kind == ScheduleKind.CONDITION) {
      checkExpression("schedule_expr", expression, Scope.CONDITION, violations);
      if (!payload.path("condition").isObject()) {
        violations.add(
            "payload.condition",
            "is required: {\"every\": \"5m\", \"probe\": {\"uses\": a tool, \"with\": its input}}.");
      } else {
        probe(payload, violations);
      }
    } else {
      refuse(payload, "condition", kind, ScheduleKind.CONDITION, violations);
    }
  }

  /** How a condition is looked at. */
  static Probe probe(JsonNode payload, Violations violations) {
    JsonNode condition = payload.path("condition");
    return Probe.parse(
        condition.isMissingNode() ? Json.object() : condition, "payload.condition", violations);
  }

  private static void refuse(
      JsonNode payload,
      String field,
      @Nullable ScheduleKind kind,
      ScheduleKind wanted,
      Violations violations) {
    if (kind != null && payload.hasNonNull(field)) {
      violations.add("payload." + field, "belongs to schedule_kind " + wanted.stored() + " only.");
    }
  }

  private static void checkExpression(
      String field, @Nullable String expression, Scope scope, Violations violations) {
    if (expression == null) {
      violations.add(field, "must be a JMESPath expression in a string.");
      return;
    }
    if (expression.isEmpty() && field.equals("schedule_expr")) {
      // Said already: it is required.
      return;
    }
    try {
      Condition.compile(expression, scope);
    } catch (ExpressionException e) {
      violations.add(field, String.valueOf(e.getMessage()));
    }
  }
}

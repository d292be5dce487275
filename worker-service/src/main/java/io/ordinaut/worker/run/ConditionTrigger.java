package io.ordinaut.worker.run;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.Json;
import io.ordinaut.pipeline.Condition;
import io.ordinaut.pipeline.ExpressionException;
import io.ordinaut.pipeline.Probe;
import io.ordinaut.pipeline.Scope;

/**
 * A condition that starts runs, compiled.
 *
 * @param probe brings the value to look at, and says which true ones count
 * @param condition over what it brought
 */
record ConditionTrigger(Probe probe, Condition condition) {
  static ConditionTrigger parse(JsonNode expression, JsonNode payload, Violations violations) {
    JsonNode probe = payload.has("condition") ? payload.get("condition") : Json.object();
    return new ConditionTrigger(
        Probe.parse(probe, "payload.condition", violations), condition(expression, violations));
  }

  private static Condition condition(JsonNode expression, Violations violations) {
    try {
      return Condition.compile(expression.asText(), Scope.CONDITION);
    } catch (ExpressionException e) {
      violations.add("schedule_expr", String.valueOf(e.getMessage()));
      return context -> false;
    }
  }
}

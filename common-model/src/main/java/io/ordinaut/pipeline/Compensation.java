package io.ordinaut.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.JsonFields;

/**
 * What undoes a finished step when the run is rolled back.
 *
 * @param uses the tool
 * @param with the tool's input; {@code steps} has the output of the step that is undone
 */
public record Compensation(String uses, Template with) {
  static Compensation parse(JsonNode node, String path, Scope scope, Violations violations) {
    JsonFields fields = new JsonFields(node, path, violations);
    Compensation compensation =
        new Compensation(ToolName.of(fields), StepFields.with(fields, scope, violations));
    Transform.check(compensation.uses(), fields);
    if (compensation.uses().equals(Step.DELAY)) {
      fields.fault("uses", "must name a tool that undoes the step; a delay undoes nothing.");
    }
    fields.refuseUnknown();
    return compensation;
  }
}

package io.ordinaut.api.tool;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.Json;
import io.ordinaut.pipeline.Scope;
import io.ordinaut.pipeline.Template;
import org.junit.jupiter.api.Test;

class ToolCallDraftTest {
  @Test
  void arguments_are_taken_as_they_are() {
    JsonNode arguments =
        Json.read(
            """
            {"a": "${secrets.TOKEN}", "b": ["$${x}", {"c": "$$${y} ${", "${key}": 1.50}], "d": "$",
             "e": null}""");
    Violations violations = new Violations();
    Template template =
        Template.compile(ToolCallDraft.literal(arguments), "with", Scope.STEP, violations);
    assertThat(violations.all()).isEmpty();
    assertThat(template.secrets()).isEmpty();
    assertThat(template.render(Json.object())).isEqualTo(arguments);
  }
}

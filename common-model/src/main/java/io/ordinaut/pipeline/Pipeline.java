package io.ordinaut.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.Violation;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.JsonFields;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The steps of a task, compiled once and used by every run of the same payload. */
public record Pipeline(List<Step> steps) {
  /** The most steps a pipeline may have. */
  public static final int MAX_STEPS = 200;

  /** Reads a payload: {@code pipeline} and, optionally, {@code params}. */
  public static Pipeline parse(JsonNode payload, String path, Violations violations) {
    JsonFields fields = new JsonFields(payload, path, violations);
    if (payload.isObject() && fields.node("pipeline") == null) {
      fields.fault("pipeline", "is required; an empty list is a pipeline that does nothing.");
    }
    List<Step> steps = fields.list("pipeline", MAX_STEPS, element -> step(element, violations));
    JsonNode params = fields.node("params");
    if (params != null && !params.isObject()) {
      fields.fault("params", "must be a JSON object.");
    }
    // Read by those who know the kind of the schedule.
    fields.node("when");
    fields.node("condition");
    fields.refuseUnknown();
    Set<String> ids = new HashSet<>();
    for (Step step : steps) {
      if (!step.id().isEmpty() && !ids.add(step.id())) {
        fields.fault("pipeline", "has more than one step with the id " + step.id() + ".");
      }
    }
    return new Pipeline(steps);
  }

  /** A path holds the step's number; the sentence also says its id. */
  private static Step step(JsonFields.Element element, Violations violations) {
    Violations ofStep = new Violations();
    Step step = Step.parse(element, ofStep);
    for (Violation violation : ofStep.all()) {
      violations.add(violation.field(), withStep(violation.message(), step.id()));
    }
    return step;
  }

  /** A sentence about a step that has an id, unless that is empty. */
  static String withStep(String message, String id) {
    return id.isEmpty() ? message : message + " (step " + id + ")";
  }

  /** The names of the secrets that its steps read. */
  public Set<String> secrets() {
    Set<String> all = new HashSet<>();
    steps.forEach(step -> all.addAll(step.secrets()));
    return all;
  }
}

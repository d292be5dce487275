package io.ordinaut.worker.step;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.pipeline.Compensation;
import io.ordinaut.pipeline.Condition;
import io.ordinaut.pipeline.Context;
import io.ordinaut.pipeline.Schema;
import io.ordinaut.pipeline.Step;
import io.ordinaut.pipeline.Template;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What is to be called: a step, one element of its list, or what undoes either.
 *
 * @param step that has it in the pipeline
 * @param index of the element; null for the step itself
 * @param item the element; JSON null for the step itself
 * @param undone the output that is to be undone; null when the step is to be done
 * @param isProbe whether it looks at a condition and is no step of the pipeline
 */
public record StepCall(
    Step step, @Nullable Integer index, JsonNode item, @Nullable JsonNode undone, boolean isProbe) {
  /** Does a step. */
  public static StepCall of(Step step) {
    return new StepCall(step, null, NullNode.instance, null, false);
  }

  /** Looks at a condition. */
  public static StepCall ofProbe(Step probe) {
    return new StepCall(probe, null, NullNode.instance, null, true);
  }

  /** Does a step for one element of its list. */
  public static StepCall ofItem(Step step, int index, JsonNode item) {
    return new StepCall(step, index, item, null, false);
  }

  /** Undoes what this call has brought. */
  public StepCall undoing(JsonNode output) {
    return new StepCall(step, index, item, output, isProbe);
  }

  private @Nullable Compensation compensation() {
    return undone == null ? null : step.compensate();
  }

  String uses() {
    Compensation compensation = compensation();
    return compensation == null ? step.uses() : compensation.uses();
  }

  Template with() {
    Compensation compensation = compensation();
    return compensation == null ? step.with() : compensation.with();
  }

  /** The names of the secrets that it reads. */
  Set<String> secrets() {
    Condition condition = condition();
    if (condition == null || condition.secrets().isEmpty()) {
      return with().secrets();
    }
    Set<String> all = new HashSet<>(with().secrets());
    all.addAll(condition.secrets());
    return all;
  }

  /** Asked once for a step; before its list is made, not for each element. */
  @Nullable Condition condition() {
    return undone == null && index == null ? step.condition() : null;
  }

  @Nullable Schema outputSchema() {
    return undone == null ? step.outputSchema() : null;
  }

  /** The same however often the call is made, and that of no other call of the run. */
  String idempotencyKey(UUID rootId) {
    return rootId
        + (isProbe ? "::" : ":")
        + step.id()
        + (index == null ? "" : ":" + index)
        + (undone == null ? "" : ":compensate");
  }

  /** Adds to what every call of the run sees what only this one does. */
  ObjectNode seenFrom(ObjectNode seen) {
    if (index != null) {
      Context.ofItem(seen, item, index);
    }
    return undone == null ? seen : Context.undoing(seen, step, undone);
  }
}

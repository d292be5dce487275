package io.ordinaut.worker.run;

import io.ordinaut.pipeline.Step;
import org.jspecify.annotations.Nullable;

/**
 * What tries belong to.
 *
 * @param kind whether a step is done or undone
 * @param stepId of the step
 * @param item the number of the element in the step's list; null for the step itself
 */
record Place(LogEntry.Kind kind, String stepId, @Nullable Integer item) {
  static Place of(Step step) {
    return new Place(LogEntry.Kind.STEP, step.id(), null);
  }

  static Place of(Step step, int item) {
    return new Place(LogEntry.Kind.STEP, step.id(), item);
  }

  /** Where what this brought is undone. */
  Place undone() {
    return new Place(LogEntry.Kind.COMPENSATE, stepId, item);
  }

  /** As people read it. */
  String shown() {
    return item == null ? stepId : stepId + "[" + item + "]";
  }
}

package io.ordinaut.pipeline;

import io.ordinaut.failure.Violations;
import io.ordinaut.json.JsonFields;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
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
 * @param onError what becomes of the run when the tries are used up
 * @param compensate what undoes it when the run is rolled back
 * @param foreach how it is repeated over a list
 * @param outputSchema what its output, or that of each element, has to match
 */
public record Step(
    String id,
    String uses,
    Template with,
    @Nullable String saveAs,
    @Nullable Condition condition,
    Duration timeout,
    int retryCount,
    Duration retryDelay,
    OnError onError,
    @Nullable Compensation compensate,
    @Nullable Foreach foreach,
    @Nullable Schema outputSchema) {
  /** The built-in tool that lets the run wait. */
  public static final String DELAY = "delay";

  static Step parse(JsonFields.Element element, Violations violations) {
    return StepFields.parse(element, violations);
  }

  /** The names of the secrets that any part of it reads. */
  public Set<String> secrets() {
    Set<String> all = new HashSet<>(with.secrets());
    if (condition != null) {
      all.addAll(condition.secrets());
    }
    if (foreach != null) {
      all.addAll(foreach.secrets());
    }
    if (compensate != null) {
      all.addAll(compensate.with().secrets());
    }
    return all;
  }
}

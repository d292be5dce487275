package io.ordinaut.worker.step;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.pipeline.StepOutcome;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One try of a step, as it is logged.
 *
 * @param stepId of the step
 * @param item the number of the element in the step's list, from 0; null for the step itself
 * @param attempt which try of this step or element it was, from 1
 * @param input the rendered input; null when it was not rendered
 * @param outcome how it ended
 * @param startedAt by the worker's clock
 * @param finishedAt by the worker's clock
 * @param pure whether losing its record does no harm
 */
public record StepTry(
    String stepId,
    @Nullable Integer item,
    int attempt,
    @Nullable JsonNode input,
    StepOutcome outcome,
    Instant startedAt,
    Instant finishedAt,
    boolean pure) {
  /** The same try, when what it brought was no good after all. */
  public StepTry endingWith(StepOutcome other) {
    return new StepTry(stepId, item, attempt, input, other, startedAt, finishedAt, pure);
  }

  /** The same try, ending at another time. */
  public StepTry endingAt(Instant other) {
    return new StepTry(stepId, item, attempt, input, outcome, startedAt, other, pure);
  }
}

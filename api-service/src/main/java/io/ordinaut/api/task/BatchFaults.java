package io.ordinaut.api.task;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.ordinaut.failure.InvalidInputException;
import io.ordinaut.failure.Violation;
import io.ordinaut.json.Json;
import java.util.List;

/** What is wrong with the tasks of a batch, as much of it as one answer holds. */
final class BatchFaults {
  private static final int MOST_OF_A_TASK = 10;
  private static final int MOST_CHARACTERS = 131_072;
  private static final List<Violation> UNNAMED =
      List.of(
          new Violation(
              "body", "has faults that this long answer does not name; send the task by itself."));

  private int characters;

  /** The faults of the next task. */
  ArrayNode of(InvalidInputException refusal) {
    ArrayNode errors = Json.MAPPER.createArrayNode();
    List<Violation> named =
        characters < MOST_CHARACTERS ? refusal.violations(MOST_OF_A_TASK) : UNNAMED;
    for (Violation one : named) {
      characters += one.field().length() + one.message().length();
      errors.addObject().put("field", one.field()).put("message", one.message());
    }
    return errors;
  }
}

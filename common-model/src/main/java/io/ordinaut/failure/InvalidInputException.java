package io.ordinaut.failure;

import java.util.List;
import java.util.stream.Collectors;

/** An input that can't be accepted, with every reason. */
public final class InvalidInputException extends RuntimeException {
  private final transient List<Violation> violations;

  /** Made of at least one violation. */
  public InvalidInputException(List<Violation> violations) {
    super(
        violations.stream()
            .map(v -> v.field() + ": " + v.message())
            .collect(Collectors.joining("; ")));
    this.violations = List.copyOf(violations);
  }

  /** Made of a single violation. */
  public InvalidInputException(String field, String message) {
    this(List.of(new Violation(field, message)));
  }

  /** Every fault that was found. */
  public List<Violation> violations() {
    return violations;
  }
}

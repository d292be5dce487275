package io.ordinaut.failure;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Collects everything that is wrong with an input, so that one answer can name it all. */
public final class Violations {
  private final List<Violation> found = new ArrayList<>();

  /** Notes one fault. */
  public void add(String field, String message) {
    found.add(new Violation(field, message));
  }

  /** Notes faults of fields that nothing was found wrong with so far. */
  public void addNew(Violations others) {
    Set<String> known = fields();
    for (Violation other : others.found) {
      if (!known.contains(other.field())) {
        found.add(other);
      }
    }
  }

  /** The fields that something is wrong with. */
  public Set<String> fields() {
    return found.stream().map(Violation::field).collect(Collectors.toSet());
  }

  /** Whether nothing was wrong so far. */
  public boolean isEmpty() {
    return found.isEmpty();
  }

  /** What was found, in the order of finding. */
  public List<Violation> all() {
    return List.copyOf(found);
  }

  /**
   * Ends the check.
   *
   * @throws InvalidInputException if anything was found
   */
  public void throwIfAny() {
    if (!found.isEmpty()) {
      throw new InvalidInputException(all());
    }
  }
}

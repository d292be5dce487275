package io.ordinaut.failure;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** An input that can't be accepted, with every reason, or the first of very many. */
public final class InvalidInputException extends RuntimeException {
  /** The most faults that are named; when there are more, the last says how many. */
  public static final int MOST = 100;

  private static final int LONGEST_FIELD = 500;
  private static final int LONGEST_MESSAGE = 4_000;

  private final transient List<Violation> violations;

  /** Made of at least one violation. */
  public InvalidInputException(List<Violation> violations) {
    super(
        bounded(violations).stream()
            .map(v -> v.field() + ": " + v.message())
            .collect(Collectors.joining("; ")));
    this.violations = bounded(violations);
  }

  /** An answer must not be many times as long as what it answers. */
  private static List<Violation> bounded(List<Violation> all) {
    int named = all.size() <= MOST ? all.size() : MOST - 1;
    List<Violation> bounded = new ArrayList<>();
    for (Violation one : all.subList(0, named)) {
      bounded.add(
          new Violation(cut(one.field(), LONGEST_FIELD), cut(one.message(), LONGEST_MESSAGE)));
    }
    if (named < all.size()) {
      bounded.add(
          new Violation("body", "has " + (all.size() - named) + " more faults, not named here."));
    }
    return List.copyOf(bounded);
  }

  private static String cut(String text, int longest) {
    return text.length() <= longest ? text : text.substring(0, longest) + "…";
  }

  /** Made of a single violation. */
  public InvalidInputException(String field, String message) {
    this(List.of(new Violation(field, message)));
  }

  /** The faults that were found, at most {@link #MOST}. */
  public List<Violation> violations() {
    return violations;
  }
}

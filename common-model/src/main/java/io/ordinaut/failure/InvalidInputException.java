package io.ordinaut.failure;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** An input that can't be accepted, with every reason, or the first of very many. */
public final class InvalidInputException extends RuntimeException {
  /** The most faults that are named; when there are more, the last says how many. */
  public static final int MOST = 100;

  private static final int LONGEST_FIELD = 500;
  private static final int LONGEST_MESSAGE = 1_000;

  private final transient List<Violation> all;

  /** Made of at least one violation. */
  public InvalidInputException(List<Violation> violations) {
    super(
        bounded(violations, MOST).stream()
            .map(v -> v.field() + ": " + v.message())
            .collect(Collectors.joining("; ")));
    this.all = List.copyOf(violations);
  }

  /** An answer must not be many times as long as what it answers. */
  private static List<Violation> bounded(List<Violation> all, int most) {
    int named = all.size() <= most ? all.size() : most - 1;
    List<Violation> bounded = new ArrayList<>();
    for (Violation one : all.subList(0, named)) {
      bounded.add(
          new Violation(
              Excerpt.of(one.field(), LONGEST_FIELD), Excerpt.of(one.message(), LONGEST_MESSAGE)));
    }
    if (named < all.size()) {
      bounded.add(
          new Violation("body", "has " + (all.size() - named) + " more faults, not named here."));
    }
    return List.copyOf(bounded);
  }

  /** Made of a single violation. */
  public InvalidInputException(String field, String message) {
    this(List.of(new Violation(field, message)));
  }

  /** The faults that were found, at most {@link #MOST}. */
  public List<Violation> violations() {
    return violations(MOST);
  }

  /** The faults that were found, at most as many; when there are more, the last says how many. */
  public List<Violation> violations(int most) {
    return bounded(all, most);
  }
}

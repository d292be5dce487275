package io.ordinaut.pipeline;

import java.util.Set;

/**
 * How a step is done once for each element of a list.
 *
 * @param list yields the list
 * @param maxParallel how many elements are under way at once
 */
public record Foreach(Expression list, int maxParallel) {
  /** The most elements of a list. */
  public static final int MOST_ITEMS = 1_000;

  /** The most elements that may be under way at once. */
  public static final int MOST_PARALLEL = 16;

  /** The names of the secrets that it reads. */
  public Set<String> secrets() {
    return list.secrets();
  }
}

package io.ordinaut.pipeline;

import java.util.Set;

/**
 * The names that an expression may begin with, where it stands.
 *
 * @param names known there; empty when any may be
 * @param repeatable whether a list could make more names known
 */
public record Scope(Set<String> names, boolean repeatable) {
  /** A step of a pipeline. */
  public static final Scope STEP =
      new Scope(Set.of("params", "steps", "event", "task", "run", "now", "secrets"), true);

  /** What is asked once for a step, before any element of its list: its condition, and the list. */
  public static final Scope WHOLE_STEP = new Scope(STEP.names, false);

  /** A step that is done once for each element of a list. */
  public static final Scope ITEM =
      new Scope(
          Set.of("params", "steps", "event", "task", "run", "now", "secrets", "item", "index"),
          false);

  /** The expression of a condition, over what its probe brought. */
  public static final Scope CONDITION = new Scope(Set.of("probe", "task", "now"), false);

  /** The headers that a tool or a server of tools is called with. */
  public static final Scope SECRETS = new Scope(Set.of("secrets"), false);

  /** Whatever the document holds: an event, say. */
  public static final Scope ANY = new Scope(Set.of(), false);

  boolean knows(String name) {
    return names.isEmpty() || names.contains(name);
  }
}

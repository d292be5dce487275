package io.ordinaut.worker.secret;

import io.ordinaut.failure.ErrorCode;
import io.ordinaut.secret.Sealed;
import io.ordinaut.secret.SecretBox;
import io.ordinaut.secret.SecretException;
import io.ordinaut.store.Statements;
import io.ordinaut.worker.tool.ToolException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** All secrets, opened when somebody asks; what it answers may be two seconds old. */
public final class Vault {
  private static final long FRESH_NANOS = Duration.ofSeconds(2).toNanos();

  /** A worker may hand out a value a little after it was replaced. */
  private static final Duration SLACK = Duration.ofSeconds(30);

  private static final int KEPT = 1_000;

  private final Statements db;
  private final SecretBox box;
  private final Map<String, Seen> byName = new ConcurrentHashMap<>();

  /** In the given database, locked by the given box. */
  public Vault(Statements db, SecretBox box) {
    this.db = db;
    this.box = box;
  }

  /**
   * The values of those secrets that exist.
   *
   * @throws ToolException {@code template_error} when one exists and can't be opened
   */
  public Map<String, String> values(Set<String> names) {
    Map<String, Sealed> sealed = new HashMap<>();
    Set<String> unseen = new HashSet<>();
    for (String name : names) {
      Seen seen = byName.get(name);
      if (seen == null || System.nanoTime() - seen.atNanos > FRESH_NANOS) {
        unseen.add(name);
      } else {
        sealed.put(name, seen.sealed);
      }
    }
    if (!unseen.isEmpty()) {
      sealed.putAll(look(unseen));
    }
    Map<String, String> values = new HashMap<>();
    sealed.forEach((name, one) -> values.put(name, opened(name, one)));
    return values;
  }

  /**
   * The values that secrets had before and that a run may have been given: those that were replaced
   * since it began, as far as they can be opened still.
   */
  public List<String> past(Set<String> names, Instant begun) {
    List<String> values = new ArrayList<>();
    for (var one : SecretTable.past(db, names, begun.minus(SLACK))) {
      try {
        values.add(box.open(one.getKey(), one.getValue()));
      } catch (SecretException e) {
        // Its key is gone, and with it whoever could be given it again.
      }
    }
    return values;
  }

  private Map<String, Sealed> look(Set<String> names) {
    long now = System.nanoTime();
    Map<String, Sealed> found = SecretTable.find(db, names);
    if (byName.size() >= KEPT) {
      byName.clear();
    }
    // That there is none is not kept: it would fail a run for good.
    byName.keySet().removeAll(names);
    found.forEach((name, one) -> byName.put(name, new Seen(one, now)));
    return found;
  }

  private String opened(String name, Sealed sealed) {
    try {
      return box.open(name, sealed);
    } catch (SecretException e) {
      throw new ToolException(ErrorCode.TEMPLATE_ERROR, String.valueOf(e.getMessage()));
    }
  }

  /** Kept locked: what was opened stays with the run that asked. */
  private record Seen(Sealed sealed, long atNanos) {}
}

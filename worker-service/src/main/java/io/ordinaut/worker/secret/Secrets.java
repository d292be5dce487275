package io.ordinaut.worker.secret;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.json.Json;
import io.ordinaut.store.DbException;
import io.ordinaut.worker.tool.ToolException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * The secrets that one run has come to know, and the mask over them: whatever leaves the run for a
 * table, a log or a later step passes through it. Used by the threads of its run.
 */
public final class Secrets {
  /** What stands for a secret wherever it must not be seen. */
  public static final String MASK = "***";

  private final Function<Set<String>, Map<String, String>> vault;
  private final Function<Set<String>, Collection<String>> past;
  private final Map<String, String> known = new HashMap<>();

  /** Also those that a name had before: a tool may still answer with one. */
  private final Set<String> values = new HashSet<>();

  /** Names whose past was asked for. */
  private final Set<String> met = new HashSet<>();

  private Mask mask = Mask.NONE;

  /** Of one run, with the place from which secrets come: names in, values of those that exist. */
  public Secrets(Function<Set<String>, Map<String, String>> vault) {
    this(vault, names -> List.of());
  }

  /**
   * The same, of a run that goes on.
   *
   * @param past values that secrets of those names had while it waited, which tools may have
   */
  public Secrets(
      Function<Set<String>, Map<String, String>> vault,
      Function<Set<String>, Collection<String>> past) {
    this.vault = vault;
    this.past = past;
  }

  /** With nothing but a mask over the given values. */
  public static Secrets over(Collection<String> values) {
    Secrets secrets = new Secrets(names -> Map.of());
    if (secrets.values.addAll(values)) {
      secrets.mask = new Mask(secrets.values);
    }
    return secrets;
  }

  /**
   * Masks secrets from now on, before anything reveals them: an earlier holder of the run may have
   * sent them to a tool that answers with them only now.
   */
  public void expect(Set<String> names) {
    try {
      learn(names);
    } catch (ToolException e) {
      for (String name : names) {
        try {
          learn(Set.of(name));
        } catch (ToolException unreadable) {
          // The step that needs it says so.
        }
      }
    }
  }

  /**
   * The values of secrets, from now on masked.
   *
   * @throws ToolException {@code template_error} when one does not exist
   */
  public synchronized ObjectNode reveal(Set<String> names) {
    ObjectNode revealed = Json.object();
    try {
      learn(names);
    } catch (DbException e) {
      // What is known serves as long as the database does not answer.
      if (!known.keySet().containsAll(names)) {
        throw e;
      }
    }
    for (String name : names) {
      String value = known.get(name);
      if (value == null) {
        throw new ToolException(ErrorCode.TEMPLATE_ERROR, "There is no secret named " + name + ".");
      }
      revealed.put(name, value);
    }
    return revealed;
  }

  private synchronized void learn(Set<String> names) {
    if (names.isEmpty()) {
      return;
    }
    Map<String, String> found = vault.apply(names);
    Set<String> unmet = new HashSet<>(names);
    unmet.removeAll(met);
    Set<String> toMask = new HashSet<>(found.values());
    if (!unmet.isEmpty()) {
      toMask.addAll(past.apply(unmet));
      met.addAll(unmet);
    }
    known.keySet().removeAll(names);
    known.putAll(found);
    if (values.addAll(toMask)) {
      mask = new Mask(values);
    }
  }

  private synchronized Mask mask() {
    return mask;
  }

  /** The same names, each with the mask for its value. */
  public ObjectNode masked(Set<String> names) {
    ObjectNode stars = Json.object();
    names.forEach(name -> stars.put(name, MASK));
    return stars;
  }

  /** A value without any secret in it: in no text, no number and no name of a field. */
  public JsonNode mask(JsonNode value) {
    return mask().over(value);
  }

  /** A text without any secret in it. */
  public String mask(String text) {
    return mask().over(text);
  }
}

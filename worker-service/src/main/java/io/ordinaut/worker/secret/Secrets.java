package io.ordinaut.worker.secret;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.json.Json;
import io.ordinaut.worker.tool.ToolException;
import java.util.HashMap;
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
  private final Map<String, String> known = new HashMap<>();

  /** Of one run, with the place from which secrets come: names in, values of those that exist. */
  public Secrets(Function<Set<String>, Map<String, String>> vault) {
    this.vault = vault;
  }

  /**
   * The values of secrets, from now on masked.
   *
   * @throws ToolException {@code template_error} when one does not exist
   */
  public synchronized ObjectNode reveal(Set<String> names) {
    ObjectNode values = Json.object();
    if (names.isEmpty()) {
      return values;
    }
    if (!known.keySet().containsAll(names)) {
      known.putAll(vault.apply(names));
    }
    for (String name : names) {
      String value = known.get(name);
      if (value == null) {
        throw new ToolException(ErrorCode.TEMPLATE_ERROR, "There is no secret named " + name + ".");
      }
      values.put(name, value);
    }
    return values;
  }

  /** The same names, each with the mask for its value. */
  public ObjectNode masked(Set<String> names) {
    ObjectNode values = Json.object();
    names.forEach(name -> values.put(name, MASK));
    return values;
  }

  /** A value without any secret in it. */
  public JsonNode mask(JsonNode value) {
    return value;
  }

  /** A text without any secret in it. */
  public String mask(String text) {
    return text;
  }
}

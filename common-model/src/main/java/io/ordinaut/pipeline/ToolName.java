package io.ordinaut.pipeline;

import io.ordinaut.json.JsonFields;
import java.util.regex.Pattern;

/** How {@code uses} names a tool: a built-in, or {@code server.tool}. */
public final class ToolName {
  private static final Pattern WELL_FORMED =
      Pattern.compile("[A-Za-z][A-Za-z0-9_-]{0,99}(\\.[A-Za-z0-9_./-]{1,200})?");

  private ToolName() {}

  /** Reads {@code uses}, noting what is wrong with it. */
  static String of(JsonFields fields) {
    String uses = fields.required("uses", 301);
    if (!uses.isEmpty() && !isWellFormed(uses)) {
      fields.fault("uses", "must name a built-in tool or a tool of a server as server.tool.");
    }
    return uses;
  }

  /** Whether a text may be the name of a tool. */
  public static boolean isWellFormed(String name) {
    return WELL_FORMED.matcher(name).matches();
  }
}

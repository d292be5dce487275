package io.ordinaut.api.tool;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.failure.InvalidInputException;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.JsonFields;
import io.ordinaut.pipeline.Credentials;
import io.ordinaut.pipeline.HttpUrl;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An MCP server that has been checked but not yet stored.
 *
 * @param name before the dot of its tools' names
 * @param url of its streamable HTTP endpoint
 * @param headers that every request to it carries
 */
record McpServerDraft(String name, String url, ObjectNode headers) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_-]{0,99}");
  private static final int LONGEST_URL = 2_000;

  /**
   * Reads and checks the JSON of a server.
   *
   * @throws InvalidInputException with all that is wrong
   */
  static McpServerDraft parse(String name, JsonNode body) {
    Violations violations = new Violations();
    if (!isWellFormed(name)) {
      violations.add(
          "name", "must begin with a letter and hold only letters, digits, _ and -, at most 100.");
    } else if (BuiltInTools.reserves(name)) {
      violations.add("name", "is taken: built-in tools have names that begin with " + name + ".");
    }
    JsonFields fields = new JsonFields(body, "", violations);
    transport(fields);
    McpServerDraft draft = new McpServerDraft(name, url(fields), Headers.read(fields, violations));
    fields.refuseUnknown();
    violations.throwIfAny();
    return draft;
  }

  static boolean isWellFormed(String name) {
    return NAME.matcher(name).matches();
  }

  private static void transport(JsonFields fields) {
    String transport = fields.required("transport", 20);
    if (transport.equals("stdio")) {
      fields.fault(
          "transport", "must be http; stdio servers come from the operator's configuration.");
    } else if (!transport.isEmpty() && !transport.equals("http")) {
      fields.fault("transport", "must be http.");
    }
  }

  private static String url(JsonFields fields) {
    String url = fields.required("url", LONGEST_URL);
    String fault = url.isEmpty() ? null : faultOf(url);
    if (fault != null) {
      fields.fault("url", fault);
    }
    return url;
  }

  private static @Nullable String faultOf(String url) {
    String credential = Credentials.faultOfUrl(url);
    if (credential != null) {
      return credential;
    }
    return url.indexOf('#') < 0 ? HttpUrl.faultOf(url) : "must not have a fragment.";
  }
}

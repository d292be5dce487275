package io.ordinaut.api.tool;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.Json;
import io.ordinaut.json.JsonFields;
import io.ordinaut.pipeline.Scope;
import io.ordinaut.pipeline.Template;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** Headers that requests to a tool carry: texts with secrets in them by reference only. */
final class Headers {
  /** What templates of headers may read. */
  private static final Scope SCOPE = new Scope(Set.of("secrets"));

  private static final int MOST = 50;
  private static final int LONGEST = 8_192;

  /** A token of RFC 9110, section 5.6.2. */
  private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}");

  /** What belongs to the connection, not to the request (RFC 9110, section 7.6.1). */
  private static final Set<String> OF_THE_CONNECTION =
      Set.of(
          "connection", "content-length", "host", "te", "trailer", "transfer-encoding", "upgrade");

  private static final List<String> CREDENTIALS =
      List.of("auth", "key", "token", "cookie", "secret", "password", "credential", "signature");

  private Headers() {}

  /** Reads {@code headers}, noting every fault. */
  static ObjectNode read(JsonFields fields, Violations violations) {
    JsonNode headers = fields.node("headers");
    if (headers == null) {
      return Json.object();
    }
    if (!(headers instanceof ObjectNode object)) {
      fields.fault("headers", "must be a JSON object of header names and texts.");
      return Json.object();
    }
    if (object.size() > MOST) {
      fields.fault("headers", "must not have more than " + MOST + " headers.");
      return Json.object();
    }
    object
        .fields()
        .forEachRemaining(
            header ->
                check(
                    header.getKey(),
                    header.getValue(),
                    fields.path("headers") + "." + header.getKey(),
                    violations));
    return object;
  }

  private static void check(String name, JsonNode value, String path, Violations violations) {
    String lower = name.toLowerCase(Locale.ROOT);
    if (!TOKEN.matcher(name).matches()) {
      violations.add("headers", "must have names of HTTP headers, such as X-Api-Key.");
    } else if (OF_THE_CONNECTION.contains(lower)) {
      violations.add(path, "belongs to the connection and is set by the worker.");
    } else if (!value.isTextual()) {
      violations.add(path, "must be a string.");
    } else if (value.textValue().length() > LONGEST || !isPrintable(value.textValue())) {
      violations.add(
          path, "must be at most " + LONGEST + " printable characters of ASCII on one line.");
    } else if (CREDENTIALS.stream().anyMatch(lower::contains)) {
      mustReferToSecret(value, path, violations);
    } else {
      Template.compile(value, path, SCOPE, violations);
    }
  }

  private static boolean isPrintable(String text) {
    return text.chars().allMatch(c -> c == '\t' || c >= ' ' && c < 0x7f);
  }

  private static void mustReferToSecret(JsonNode value, String path, Violations violations) {
    Violations ofTemplate = new Violations();
    Template template = Template.compile(value, path, SCOPE, ofTemplate);
    ofTemplate.all().forEach(fault -> violations.add(fault.field(), fault.message()));
    if (ofTemplate.isEmpty() && template.secrets().isEmpty()) {
      violations.add(
          path,
          "carries a credential: store that with PUT /v1/secrets/{name} and refer to it here as"
              + " ${secrets.NAME}.");
    }
  }
}

package io.ordinaut.api.tool;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.Json;
import io.ordinaut.json.JsonFields;
import io.ordinaut.pipeline.Credentials;
import io.ordinaut.pipeline.HeaderName;
import io.ordinaut.pipeline.Scope;
import io.ordinaut.pipeline.Template;

/** Headers that requests to a tool carry: texts with secrets in them by reference only. */
final class Headers {
  private static final int MOST = 50;
  private static final int LONGEST = 2_000;

  private Headers() {}

  /** Reads the headers of a server, noting every fault. */
  static ObjectNode read(JsonFields fields, Violations violations) {
    JsonNode headers = fields.node("headers");
    if (headers == null) {
      return Json.object();
    }
    if (!(headers instanceof ObjectNode object) || object.size() > MOST) {
      fields.fault("headers", "must be a JSON object of at most " + MOST + " texts.");
      return Json.object();
    }
    for (var header : object.properties()) {
      String fault = HeaderName.faultOf(header.getKey());
      if (fault == null && !header.getValue().isTextual()) {
        fault = "must be a text.";
      } else if (fault == null && header.getValue().textValue().length() > LONGEST) {
        fault = "must not be longer than " + LONGEST + " characters.";
      }
      if (fault != null) {
        fields.fault("headers." + header.getKey(), fault);
      }
    }
    Template.compile(object, fields.path("headers"), Scope.SECRETS, violations);
    refuseLiterals(object, violations);
    return object;
  }

  /** Notes every header that carries a credential in clear, or can't be sent. */
  static void refuseLiterals(JsonNode headers, Violations violations) {
    for (var header : headers.properties()) {
      String path = "headers." + header.getKey();
      if (!header.getValue().isTextual()) {
        continue;
      }
      String unsendable = HeaderName.faultOfValue(header.getValue().textValue());
      if (unsendable != null) {
        violations.add(path, unsendable);
      } else {
        String fault = Credentials.faultOfHeader(header.getKey(), header.getValue().textValue());
        if (fault != null) {
          violations.add(path, fault);
        }
      }
    }
  }
}

package io.ordinaut.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.Json;
import io.ordinaut.json.JsonFields;

/**
 * What an HTTP tool of the catalogue sends.
 *
 * @param method which
 * @param url with variables that the tool's arguments fill
 * @param headers by name; a text, in which {@code ${secrets.NAME}} may stand
 */
public record HttpToolRequest(Method method, UrlTemplate url, Template headers) {
  private static final int MOST_HEADERS = 50;
  private static final int LONGEST_HEADER = 2_000;

  /** The methods that a tool may use. */
  public enum Method {
    /** Reads. */
    GET(false),
    /** Reads the headers only. */
    HEAD(false),
    /** Sends the arguments as a document. */
    POST(true),
    /** Replaces by the arguments. */
    PUT(true),
    /** Changes by the arguments. */
    PATCH(true),
    /** Deletes. */
    DELETE(false);

    private final boolean hasBody;

    Method(boolean hasBody) {
      this.hasBody = hasBody;
    }

    /** Whether arguments that the URL does not take go into a body; else they go into the query. */
    public boolean hasBody() {
      return hasBody;
    }
  }

  /** Reads {@code {method, url_template, headers}}, noting every fault. */
  public static HttpToolRequest parse(JsonNode node, String path, Violations violations) {
    JsonFields fields = new JsonFields(node, path, violations);
    HttpToolRequest request =
        new HttpToolRequest(method(fields), url(fields), headers(fields, violations));
    fields.refuseUnknown();
    return request;
  }

  private static Method method(JsonFields fields) {
    String name = fields.text("method", "GET", 1, 10);
    for (Method method : Method.values()) {
      if (method.name().equals(name)) {
        return method;
      }
    }
    fields.fault("method", "must be one of GET, HEAD, POST, PUT, PATCH, DELETE.");
    return Method.GET;
  }

  private static UrlTemplate url(JsonFields fields) {
    String text = fields.required("url_template", UrlTemplate.MAX_LENGTH);
    if (!text.isEmpty()) {
      try {
        return UrlTemplate.compile(text);
      } catch (ExpressionException e) {
        fields.fault("url_template", String.valueOf(e.getMessage()));
      }
    }
    return UrlTemplate.compile("https://localhost/");
  }

  private static Template headers(JsonFields fields, Violations violations) {
    JsonNode headers = fields.node("headers");
    if (headers == null) {
      headers = Json.object();
    } else if (!headers.isObject() || headers.size() > MOST_HEADERS) {
      fields.fault("headers", "must be a JSON object of at most " + MOST_HEADERS + " texts.");
      headers = Json.object();
    }
    for (var header : headers.properties()) {
      String fault = HeaderName.faultOf(header.getKey());
      if (fault == null && !header.getValue().isTextual()) {
        fault = "must be a text.";
      } else if (fault == null && header.getValue().textValue().length() > LONGEST_HEADER) {
        fault = "must not be longer than " + LONGEST_HEADER + " characters.";
      }
      if (fault != null) {
        fields.fault("headers." + header.getKey(), fault);
      }
    }
    return Template.compile(headers, fields.path("headers"), Scope.SECRETS, violations);
  }
}

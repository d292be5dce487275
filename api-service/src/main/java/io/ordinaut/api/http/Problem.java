package io.ordinaut.api.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.failure.Violation;
import io.ordinaut.json.Json;
import jakarta.ws.rs.core.Response;
import java.util.List;

/** An answer that says what was wrong: RFC 9457 {@code application/problem+json}. */
public final class Problem extends RuntimeException {
  /** The media type of RFC 9457, section 3. */
  public static final String MEDIA_TYPE = "application/problem+json";

  private final int status;
  private final transient List<Violation> errors;

  /**
   * @param status the HTTP status
   * @param detail a sentence for the caller
   * @param errors every bad field, if fields are to blame
   */
  public Problem(int status, String detail, List<Violation> errors) {
    super(detail);
    this.status = status;
    this.errors = List.copyOf(errors);
  }

  /** Without fields to blame. */
  public Problem(int status, String detail) {
    this(status, detail, List.of());
  }

  /** The HTTP status. */
  public int status() {
    return status;
  }

  /** 404: no such thing, or not the caller's. */
  public static Problem notFound(String what) {
    return new Problem(404, "There is no such " + what + ".");
  }

  /** The document. */
  public String body(String requestId) {
    ObjectNode body = Json.object();
    body.put("type", "about:blank");
    body.put("title", title());
    body.put("status", status);
    body.put("detail", getMessage());
    body.put("request_id", requestId);
    if (!errors.isEmpty()) {
      ArrayNode list = body.putArray("errors");
      errors.forEach(e -> list.addObject().put("field", e.field()).put("message", e.message()));
    }
    return Json.write(body);
  }

  private String title() {
    if (status == 422) {
      return "Unprocessable Content";
    }
    Response.Status known = Response.Status.fromStatusCode(status);
    return known == null ? "Error" : known.getReasonPhrase();
  }

  /** The whole answer. */
  public Response response() {
    String requestId = RequestIds.current();
    return Response.status(status).type(MEDIA_TYPE).entity(body(requestId)).build();
  }
}

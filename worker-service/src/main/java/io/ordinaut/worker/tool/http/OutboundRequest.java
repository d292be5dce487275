package io.ordinaut.worker.tool.http;

import io.ordinaut.failure.ErrorCode;
import io.ordinaut.pipeline.ExpressionException;
import io.ordinaut.pipeline.HeaderName;
import io.ordinaut.pipeline.HttpUrl;
import io.ordinaut.worker.tool.ToolException;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A request to the outside. What is wrong with it is a {@code schema_error}: to send it again would
 * not help.
 *
 * @param method in capitals
 * @param url absolute, http or https, without a user and without a fragment
 * @param headers by name, whose case does not matter
 * @param body to send; empty for none
 * @param timeout for all of it: name, connection, redirects, answer
 */
public record OutboundRequest(
    String method, URI url, Map<String, String> headers, byte[] body, Duration timeout) {
  /** The methods that can be sent. */
  public static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

  /** Those that another origin may see after a redirect; any other may hold a key. */
  private static final Set<String> HARMLESS =
      Set.of(
          "accept",
          "accept-encoding",
          "accept-language",
          "content-type",
          "idempotency-key",
          "user-agent");

  private static final int MOST_HEADERS = 100;

  /** Checks it. */
  public OutboundRequest {
    if (!METHODS.contains(method)) {
      throw refused("The method must be one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS.");
    }
    checkUrl(url);
    Map<String, String> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    headers.forEach((name, value) -> all.put(checked(name, value), value));
    if (all.size() > MOST_HEADERS) {
      throw refused("There are more than " + MOST_HEADERS + " headers.");
    }
    headers = all;
  }

  /**
   * Reads a URL.
   *
   * @throws ToolException {@code schema_error} when it is none
   */
  public static URI url(String text) {
    try {
      return HttpUrl.parse(text);
    } catch (ExpressionException e) {
      throw refused("The URL " + e.getMessage());
    }
  }

  private static void checkUrl(URI url) {
    String fault = HttpUrl.faultOf(url);
    if (fault != null) {
      throw refused("The URL " + fault);
    }
  }

  private static String checked(String name, String value) {
    String fault = HeaderName.faultOf(name);
    if (fault != null) {
      throw refused("\"" + name + "\" " + fault);
    }
    String faultOfValue = HeaderName.faultOfRendered(value);
    if (faultOfValue != null) {
      throw refused("The header " + name + " " + faultOfValue);
    }
    return name;
  }

  private static ToolException refused(String sentence) {
    return new ToolException(ErrorCode.SCHEMA_ERROR, sentence);
  }

  /** The scheme, host and port, as people write them. */
  String origin() {
    boolean usual = url.getPort() < 0 || url.getPort() == (isSecure() ? 443 : 80);
    return (isSecure() ? "https://" : "http://")
        + url.getHost().toLowerCase(Locale.ROOT)
        + (usual ? "" : ":" + url.getPort());
  }

  boolean isSecure() {
    return "https".equalsIgnoreCase(url.getScheme());
  }

  int port() {
    return url.getPort() >= 0 ? url.getPort() : isSecure() ? 443 : 80;
  }

  /** The path and the query, as the request line has them. */
  String target() {
    String path = url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
    return url.getRawQuery() == null ? path : path + "?" + url.getRawQuery();
  }

  /**
   * The request that follows a redirect, RFC 9110 section 15.4: 307 and 308 keep method and body,
   * after the others it is a GET unless it was a HEAD. Another origin sees no header that may hold
   * a key.
   *
   * @throws ToolException when it leads from https to http, or nowhere
   */
  OutboundRequest redirected(int status, String location) {
    boolean same = status == 307 || status == 308 || method.equals("HEAD") || method.equals("GET");
    URI next = withoutFragment(url.resolve(url(location)));
    Map<String, String> kept = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    kept.putAll(headers);
    if (!same) {
      kept.remove("Content-Type");
      kept.remove("Content-Encoding");
    }
    OutboundRequest request =
        new OutboundRequest(same ? method : "GET", next, kept, same ? body : new byte[0], timeout);
    if (isSecure() && !request.isSecure()) {
      throw new ToolException(
          ErrorCode.TOOL_ERROR, origin() + " redirects from https to http, which is refused.");
    }
    if (!request.origin().equals(origin())) {
      request.headers.keySet().removeIf(name -> !HARMLESS.contains(name.toLowerCase(Locale.ROOT)));
    }
    return request;
  }

  private static URI withoutFragment(URI url) {
    String text = url.toString();
    int hash = text.indexOf('#');
    return hash < 0 ? url : URI.create(text.substring(0, hash));
  }
}

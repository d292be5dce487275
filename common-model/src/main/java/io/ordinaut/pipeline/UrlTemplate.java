package io.ordinaut.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.Excerpt;
import io.ordinaut.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A URL with variables, RFC 6570: <code>{id}</code> in the path, <code>{?a,b}</code> for the query
 * and <code>{&amp;a,b}</code> to go on with one. Scheme, host and port are fixed, and an argument
 * stays within the piece of the path, or the value, that it fills.
 */
public final class UrlTemplate {
  /** The longest template, in characters. */
  public static final int MAX_LENGTH = 2_000;

  private static final Pattern BASE =
      Pattern.compile("https?://([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+])(?::([0-9]{1,5}))?(?=[/?{]|$)");
  private static final Pattern LITERAL = Pattern.compile("[A-Za-z0-9._~:/?@!$&'()*+,;=%-]*");
  private static final Pattern VARIABLES =
      Pattern.compile("\\{([?&]?)([A-Za-z0-9_.-]{1,64}(?:,[A-Za-z0-9_.-]{1,64})*)}");
  private static final Pattern DOTS = Pattern.compile("(\\.|%2[eE]){1,2}");
  private static final String HEX = "0123456789ABCDEF";

  private final List<Piece> pieces;
  private final Set<String> names = new LinkedHashSet<>();

  private UrlTemplate(List<Piece> pieces) {
    this.pieces = pieces;
    pieces.forEach(piece -> names.addAll(piece.names));
  }

  /**
   * What stands between two others.
   *
   * @param literal text, when there are no names
   * @param operator empty within the path, else <code>?</code> or <code>&amp;</code>
   * @param names of variables
   */
  private record Piece(String literal, String operator, List<String> names) {}

  /**
   * Reads a template.
   *
   * @throws ExpressionException with a sentence when it is none
   */
  public static UrlTemplate compile(String text) {
    String credential = Credentials.faultOfUrl(text);
    if (credential != null) {
      throw new ExpressionException(credential);
    }
    Matcher base = BASE.matcher(text);
    if (!base.lookingAt()) {
      throw new ExpressionException(
          "must begin with https:// or http:// and a host that is fixed, such as"
              + " https://api.example.com/users/{id}{?limit}.");
    }
    if (base.group(2) != null && !HttpUrl.isPort(Integer.parseInt(base.group(2)))) {
      throw new ExpressionException("must have a port from 1 to 65535 if any.");
    }
    if (text.contains("${")) {
      throw new ExpressionException(
          "must not hold ${: secrets belong in headers, and arguments are written {name}.");
    }
    List<Piece> pieces = new ArrayList<>();
    pieces.add(new Piece(base.group(), "", List.of()));
    Matcher next = VARIABLES.matcher(text);
    int at = base.end();
    while (next.find(at)) {
      pieces.add(literal(text.substring(at, next.start())));
      pieces.add(new Piece("", next.group(1), List.of(next.group(2).split(","))));
      at = next.end();
    }
    pieces.add(literal(text.substring(at)));
    checkOrder(pieces);
    checkFilled(pieces);
    return new UrlTemplate(List.copyOf(pieces));
  }

  /** What is no URL with the plainest of arguments is none with any. */
  private static void checkFilled(List<Piece> pieces) {
    StringBuilder filled = new StringBuilder();
    for (Piece piece : pieces) {
      filled.append(piece.names.isEmpty() || !piece.operator.isEmpty() ? piece.literal : "x");
    }
    String fault = HttpUrl.faultOf(filled.toString());
    if (fault != null) {
      throw new ExpressionException(fault);
    }
  }

  private static Piece literal(String text) {
    if (!LITERAL.matcher(text).matches()) {
      throw new ExpressionException(
          "holds what no URL can, near \""
              + Excerpt.of(text)
              + "\": variables are written {name}, {?name,name} or {&name}, a fragment is not sent,"
              + " and other characters have to be percent-encoded.");
    }
    return new Piece(text, "", List.of());
  }

  /** A path begins with a slash and ends where the query begins. */
  private static void checkOrder(List<Piece> pieces) {
    boolean inPath = false;
    boolean inQuery = false;
    for (Piece piece : pieces.subList(1, pieces.size())) {
      boolean variables = !piece.names.isEmpty();
      if (variables && piece.operator.isEmpty() && !inPath && !inQuery) {
        throw new ExpressionException("must have a / between the host and the first variable.");
      }
      if (variables && (piece.operator.equals("?") == inQuery) && !piece.operator.isEmpty()) {
        throw new ExpressionException(
            "must begin its query once, with ? or {?name}, and go on with {&name}.");
      }
      if (!variables && inQuery && piece.literal.contains("/")
          || !variables && piece.literal.indexOf('?') != piece.literal.lastIndexOf('?')) {
        throw new ExpressionException("must not have a path, or a second ?, behind its query.");
      }
      inPath |= piece.literal.startsWith("/");
      inQuery |= piece.operator.equals("?") || piece.literal.contains("?");
    }
  }

  /** The names of its variables. */
  public Set<String> names() {
    return Set.copyOf(names);
  }

  /** The first variable of the path that has no argument; null when each has one. */
  public @Nullable String missing(JsonNode arguments) {
    for (Piece piece : pieces) {
      if (piece.literal.contains("?") || !piece.operator.isEmpty()) {
        return null;
      }
      for (String name : piece.names) {
        if (!arguments.hasNonNull(name)) {
          return name;
        }
      }
    }
    return null;
  }

  /**
   * Fills the variables.
   *
   * @param arguments by name; one of the path has to be there, others may be missing or null
   * @throws ExpressionException with a sentence when the path can't be filled
   */
  public String expand(JsonNode arguments) {
    StringBuilder url = new StringBuilder();
    for (Piece piece : pieces) {
      if (piece.names.isEmpty()) {
        url.append(piece.literal);
      } else if (piece.operator.isEmpty()) {
        url.append(inPlace(piece, url.indexOf("?") < 0, arguments));
      } else {
        piece.names.forEach(name -> addQuery(url, name, arguments.path(name)));
      }
    }
    checkSegments(url.toString());
    return url.toString();
  }

  private static String inPlace(Piece piece, boolean isPath, JsonNode arguments) {
    List<String> values = new ArrayList<>();
    for (String name : piece.names) {
      String value = encoded(arguments.path(name));
      if (isPath && (value == null || value.isEmpty())) {
        throw new ExpressionException(
            "The argument " + name + " is part of the path: it must not be empty.");
      }
      if (value != null) {
        values.add(value);
      }
    }
    return String.join(",", values);
  }

  /** Arguments that make a segment "." or ".." would lead elsewhere, encoded or not. */
  private void checkSegments(String url) {
    int query = url.indexOf('?');
    String path = query < 0 ? url : url.substring(0, query);
    for (String segment : path.substring(pieces.get(0).literal.length()).split("/", -1)) {
      if (DOTS.matcher(segment).matches()) {
        throw new ExpressionException("An argument must not turn a part of the path into . or ...");
      }
    }
  }

  /**
   * Adds a value to the query of a URL; a list as values with commas between, null not at all.
   *
   * @param url gets a ? when it has none yet
   */
  public static void addQuery(StringBuilder url, String name, JsonNode value) {
    String encoded = encoded(value);
    if (encoded != null) {
      char last = url.charAt(url.length() - 1);
      if (url.indexOf("?") < 0) {
        url.append('?');
      } else if (last != '?' && last != '&') {
        url.append('&');
      }
      url.append(encode(name)).append('=').append(encoded);
    }
  }

  private static @Nullable String encoded(JsonNode value) {
    if (value.isNull() || value.isMissingNode()) {
      return null;
    }
    if (value.isArray()) {
      List<String> values = new ArrayList<>();
      for (JsonNode element : value) {
        String one = encoded(element);
        if (one != null) {
          values.add(one);
        }
      }
      return String.join(",", values);
    }
    return encode(value.isValueNode() ? value.asText() : Json.write(value));
  }

  /** Percent-encodes all but what RFC 3986 section 2.3 calls unreserved. */
  private static String encode(String text) {
    StringBuilder encoded = new StringBuilder();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xFF);
      if (c < 128 && (Character.isLetterOrDigit(c) || "-._~".indexOf(c) >= 0)) {
        encoded.append(c);
      } else {
        encoded.append('%').append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 15));
      }
    }
    return encoded.toString();
  }
}

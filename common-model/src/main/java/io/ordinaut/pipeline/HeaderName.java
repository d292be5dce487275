package io.ordinaut.pipeline;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The HTTP headers that authors may set, and what may stand in them. */
public final class HeaderName {
  /** RFC 9110 section 5.6.2. */
  private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,200}");

  /** Those that the connection needs for itself, RFC 9110 section 7. */
  private static final Set<String> RESERVED =
      Set.of(
          "host",
          "content-length",
          "transfer-encoding",
          "connection",
          "keep-alive",
          "upgrade",
          "te",
          "trailer",
          "expect",
          "proxy-connection",
          "proxy-authorization");

  /** The longest value, in characters. */
  private static final int LONGEST_VALUE = 8_192;

  private HeaderName() {}

  /** What is wrong with a value, whatever its expressions will yield; null when nothing is. */
  public static @Nullable String faultOfValue(String text) {
    return faultOfRendered(TemplateText.blanked(text));
  }

  /** What is wrong with a value that is sent as it is; null when nothing is. */
  public static @Nullable String faultOfRendered(String value) {
    return value.length() > LONGEST_VALUE || !value.chars().allMatch(HeaderName::mayStand)
        ? "must be one line of printable ASCII, at most " + LONGEST_VALUE + " characters."
        : null;
  }

  private static boolean mayStand(int c) {
    return c == '\t' || (c >= ' ' && c < 127);
  }

  /** What is wrong with a name; null when nothing is. */
  public static @Nullable String faultOf(String name) {
    if (!TOKEN.matcher(name).matches()) {
      return "can't be the name of a header.";
    }
    return RESERVED.contains(name.toLowerCase(Locale.ROOT))
        ? "is a header that the connection sets itself."
        : null;
  }
}

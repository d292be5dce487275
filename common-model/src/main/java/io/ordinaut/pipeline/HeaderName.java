package io.ordinaut.pipeline;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The names of HTTP headers that authors may set. */
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

  private HeaderName() {}

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

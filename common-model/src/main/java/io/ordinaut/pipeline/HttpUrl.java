package io.ordinaut.pipeline;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The URLs that requests may go to, wherever the addresses of their hosts are. */
public final class HttpUrl {
  /** The longest, in characters. */
  public static final int LONGEST = 8_192;

  private static final int HIGHEST_PORT = 65_535;

  private HttpUrl() {}

  /**
   * Reads a URL.
   *
   * @throws ExpressionException with a sentence when it is none
   */
  public static URI parse(String text) {
    if (text.length() > LONGEST) {
      throw new ExpressionException("is longer than " + LONGEST + " characters.");
    }
    try {
      return new URI(new URI(text).toASCIIString());
    } catch (URISyntaxException e) {
      throw new ExpressionException(
          "is not a URL: "
              + e.getReason()
              + ". Write it whole, such as https://api.example.com/v1/items?limit=10.");
    }
  }

  /** What is wrong with a text that should be a URL; null when nothing is. */
  public static @Nullable String faultOf(String text) {
    try {
      return faultOf(parse(text));
    } catch (ExpressionException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /** What is wrong with a URL; null when nothing is. */
  public static @Nullable String faultOf(URI url) {
    String scheme = String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT);
    if (!scheme.equals("http") && !scheme.equals("https")) {
      return "must begin with https:// or http://.";
    }
    if (url.getRawUserInfo() != null) {
      return Credentials.USER;
    }
    return url.getHost() == null || !isPort(url.getPort())
        ? "must name a host, and a port from 1 to " + HIGHEST_PORT + " if any."
        : null;
  }

  /** Whether it is the number of a port, or -1 for the usual one. */
  static boolean isPort(int number) {
    return number == -1 || (number > 0 && number <= HIGHEST_PORT);
  }
}

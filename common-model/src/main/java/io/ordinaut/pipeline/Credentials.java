package io.ordinaut.pipeline;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Recognises credentials that somebody wrote down where everybody may read them. It guards against
 * accidents: who hides one well is not found out.
 */
public final class Credentials {
  /** What is said of a user or a password in a URL. */
  static final String USER =
      "must not hold a user or a password: store them with PUT /v1/secrets/{name} and send them in"
          + " a header, as ${secrets.NAME}.";

  private static final String ADVICE =
      ": store that with PUT /v1/secrets/{name} and refer to it as ${secrets.NAME}";

  private static final Pattern HEADER =
      Pattern.compile(
          "auth(?!or(?!i))|key(?!w|b)|token|cookie|secret|passw|passphrase|credential|signature");

  /** Its value is nobody's secret. */
  private static final String HARMLESS_HEADER = "idempotency-key";

  /** Without the signs between its words. */
  private static final Pattern PARAMETER =
      Pattern.compile(
          "token|jwt|sig|hmac|pwd|auth|bearer|appkey|authkey|.*(apikey|accesskey|secretkey"
              + "|privatekey|subscriptionkey|secret|password|passwd|passphrase|signature"
              + "|credentials?|authorization|(access|auth|api|refresh|id|session|security)token)");

  /** Some call a key just that, as others call the name of a field. */
  private static final Pattern KEY = Pattern.compile("(?=.*[0-9])(?=.*[A-Za-z])[\\w.~-]{16,}");

  private static final Pattern HARMLESS_VALUE = Pattern.compile("|true|false|yes|no|0|1");
  private static final Pattern BEARER = Pattern.compile("(?i)\\s*bearer\\s+\\S+\\s*");
  private static final Pattern BASIC =
      Pattern.compile("(?i)\\s*basic\\s+([A-Za-z0-9+/_-]{4,})(=*)\\s*");

  /** RFC 6570: parameters that are added to a query with names of their own. */
  private static final Pattern VARIABLES = Pattern.compile("\\{[?&][^}]*}");

  private static final Pattern AUTHORITY_WITH_USER = Pattern.compile("(?i)https?://[^/?#]*@.*");

  private Credentials() {}

  /** What is said of a header whose value, which has no expression in it, is a credential. */
  public static @Nullable String faultOfHeader(String name, String value) {
    String lower = name.toLowerCase(Locale.ROOT);
    boolean named = HEADER.matcher(lower).find() && !lower.equals(HARMLESS_HEADER);
    return (named && !value.isBlank()) || BEARER.matcher(value).matches() || isBasic(value)
        ? "carries a credential" + ADVICE + "."
        : null;
  }

  /** RFC 7617, section 2: a user and a password with a colon between, in base64. */
  private static boolean isBasic(String value) {
    Matcher basic = BASIC.matcher(value);
    if (!basic.matches()) {
      return false;
    }
    try {
      String standard = basic.group(1).replace('-', '+').replace('_', '/');
      return !basic.group(2).isEmpty()
          || new String(Base64.getDecoder().decode(standard), StandardCharsets.ISO_8859_1)
                  .indexOf(':')
              >= 0;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** What is said of a parameter of a query whose literal value is a credential. */
  static @Nullable String faultOfParameter(String name, String value) {
    String words = name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    boolean named = PARAMETER.matcher(words).matches() && !HARMLESS_VALUE.matcher(value).matches();
    return named || (words.equals("key") && KEY.matcher(value).matches())
        ? "carries a credential (" + name + ")" + ADVICE + "."
        : null;
  }

  /** What is said of a URL, or of a template of one, that has a credential in it literally. */
  public static @Nullable String faultOfUrl(String text) {
    String url = VARIABLES.matcher(TemplateText.blanked(text)).replaceAll("");
    if (AUTHORITY_WITH_USER.matcher(url).matches()) {
      return USER;
    }
    int query = url.indexOf('?');
    int fragment = url.indexOf('#');
    String pairs =
        query < 0 ? "" : url.substring(query + 1, fragment < query ? url.length() : fragment);
    for (String pair : pairs.split("&")) {
      int equals = pair.indexOf('=');
      // Braces stand around what is filled in later.
      if (equals > 0 && pair.indexOf('{') < 0) {
        String fault =
            faultOfParameter(
                decoded(pair.substring(0, equals)), decoded(pair.substring(equals + 1)));
        if (fault != null) {
          return fault.replace(ADVICE + ".", ADVICE + ", in a header if it can't stand here.");
        }
      }
    }
    return null;
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return text;
    }
  }
}

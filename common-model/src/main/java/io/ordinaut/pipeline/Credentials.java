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

  /**
   * Whole words of a name: a part of one says nothing, as in author, surrogate-key or tokenizer.
   */
  private static final Pattern HEADER =
      Pattern.compile(
          "(?:^|.*-)(?:auth|authentication|(?:proxy-)?authorization|jwt|pat|cookie|secret|password"
              + "|passwd|pwd|pass|passphrase|credentials?|signature|sig|hmac|session-?id"
              + "|(?<!csrf-|xsrf-)token|(?:access|auth|bearer|id|refresh|security|session)token"
              + "|(?:access|account|admin|api|app|auth|client|functions?|license|master|private"
              + "|secret|service|shared|subscription)-?key)(?:-.*)?");

  /** They hold what changes with each session, or what is wanted in an answer. */
  private static final Pattern HARMLESS_HEADER =
      Pattern.compile("accept-.*|(?:x-)?idempotency-key");

  /** Without the signs between its words. */
  private static final Pattern PARAMETER =
      Pattern.compile(
          "jwt|sig|hmac|pwd|pass|pat|auth|bearer|appkey|authkey"
              + "|.*(?<!page|next|continuation|sync|cursor|resume|start|csrf|xsrf)token"
              + "|.*(apikey|accesskey|secretkey|privatekey|subscriptionkey|secret|password|passwd"
              + "|passphrase|signature|credentials?|authorization)");

  /** Some call a key just that, as others call the name of a field. */
  private static final Pattern KEY = Pattern.compile("(?=.*[0-9])(?=.*[A-Za-z])[\\w.~-]{16,}");

  /** As widely used services make theirs, whatever name they stand under. */
  private static final Pattern SHAPE =
      Pattern.compile(
          ".*(?:\\b(?:gh[opsu]_|github_pat_|glpat-|sk-|sk_live_|xox[abprs]-)[\\w-]{8,}"
              + "|\\bAKIA[0-9A-Z]{16}\\b|\\beyJ[\\w-]{8,}\\.[\\w-]{8,}\\.).*");

  private static final Pattern HARMLESS_VALUE = Pattern.compile("|true|false|yes|no|0|1");
  private static final Pattern BEARER = Pattern.compile("(?i)\\s*bearer\\s+[\\w.~+/=-]{6,}\\s*");
  private static final Pattern BASIC =
      Pattern.compile("(?i)\\s*basic\\s+([A-Za-z0-9+/_-]{4,})(=*)\\s*");

  /** Where an expression stood, and the names before the values of a list. */
  private static final Pattern BESIDE = Pattern.compile("\\{[^}]*}|[\\w.-]+=|[\\s,;:\"']+");

  /** RFC 6570: parameters that are added to a query with names of their own. */
  private static final Pattern VARIABLES = Pattern.compile("\\{[?&][^}]*}");

  private static final Pattern AUTHORITY_WITH_USER = Pattern.compile("(?i)https?://[^/?#]*@.*");

  private Credentials() {}

  /** What is said of a header whose value, or what stands in it beside expressions, is one. */
  public static @Nullable String faultOfHeader(String name, String value) {
    String words = name.toLowerCase(Locale.ROOT).replace('_', '-');
    boolean named = HEADER.matcher(words).matches() && !HARMLESS_HEADER.matcher(words).matches();
    return isCredential(named, value, TemplateText.isLiteral(value))
            || BEARER.matcher(value).matches()
            || isBasic(value)
        ? "carries a credential" + ADVICE + "."
        : null;
  }

  private static boolean isCredential(boolean named, String value, boolean isLiteral) {
    if (SHAPE.matcher(value).matches()) {
      return true;
    }
    if (isLiteral) {
      return named && !value.isBlank();
    }
    return named
        && BESIDE.splitAsStream(TemplateText.blanked(value)).anyMatch(KEY.asMatchPredicate());
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

  /** What is said of a parameter of a query whose value is one, or has one beside expressions. */
  static @Nullable String faultOfParameter(String name, String value) {
    return faultOfParameter(name, value, TemplateText.isLiteral(value));
  }

  private static @Nullable String faultOfParameter(String name, String value, boolean isLiteral) {
    String words = name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    boolean named = PARAMETER.matcher(words).matches() && !HARMLESS_VALUE.matcher(value).matches();
    return isCredential(named, value, isLiteral)
            || (words.equals("key") && KEY.matcher(value).matches())
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
    for (String pair : pairs.split("[&;]")) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        String name = decoded(pair.substring(0, equals));
        String value = decoded(pair.substring(equals + 1));
        // Braces stand around what is filled in later.
        String fault = faultOfParameter(name, value, pair.indexOf('{') < 0);
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

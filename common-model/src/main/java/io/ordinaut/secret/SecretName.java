package io.ordinaut.secret;

import java.util.regex.Pattern;

/** How secrets are named: what an expression can write behind {@code secrets.} without quotes. */
public final class SecretName {
  /** In words, for a refusal. */
  public static final String RULE =
      "must begin with a letter or _ and hold only letters, digits and _, at most 100.";

  private static final Pattern WELL_FORMED = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,99}");

  private SecretName() {}

  /** Whether a text may be the name of a secret. */
  public static boolean isWellFormed(String name) {
    return WELL_FORMED.matcher(name).matches();
  }
}

package io.ordinaut.worker.secret;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * One text that gives a secret away.
 *
 * @param text what to look for
 * @param sharesBefore whether the character before it, if of base64, holds bits of the secret too
 * @param sharesAfter whether the one behind it does
 */
record Needle(String text, boolean sharesBefore, boolean sharesAfter) {
  /** Shorter ones would hide half of what a run says. */
  static final int SHORTEST = 6;

  private static final String ELLIPSIS = "…";

  private static final int BITS_OF_BYTE = 8;
  private static final int BITS_OF_CHAR = 6;

  /** All that give a secret away; tools often trim what they are given. */
  static Set<Needle> of(String secret) {
    Set<Needle> all = new LinkedHashSet<>();
    for (String form : new String[] {secret, secret.strip()}) {
      if (form.length() >= SHORTEST) {
        all.add(new Needle(form, false, false));
        byte[] bytes = form.getBytes(StandardCharsets.UTF_8);
        for (int before = 0; before < 3; before++) {
          all.add(inBase64(Base64.getEncoder(), bytes, before));
          all.add(inBase64(Base64.getUrlEncoder(), bytes, before));
        }
      }
    }
    return all;
  }

  /**
   * The characters that hold nothing but the secret, when it begins the given number of bytes
   * behind a group of three (RFC 4648, section 4).
   */
  private static Needle inBase64(Base64.Encoder encoder, byte[] secret, int before) {
    byte[] group = new byte[before + secret.length];
    System.arraycopy(secret, 0, group, before, secret.length);
    int bits = group.length * BITS_OF_BYTE;
    int from = (before * BITS_OF_BYTE + BITS_OF_CHAR - 1) / BITS_OF_CHAR;
    String encoded = encoder.withoutPadding().encodeToString(group);
    return new Needle(
        encoded.substring(from, bits / BITS_OF_CHAR), before > 0, bits % BITS_OF_CHAR > 0);
  }

  /** Marks what gives the secret away, by its places in the text that the view is of. */
  void mark(View view, BitSet hidden) {
    String seen = view.text();
    for (int at = seen.indexOf(text); at >= 0; at = seen.indexOf(text, at + 1)) {
      int end = at + text.length();
      boolean one = sharesBefore && at > 0 && isBase64(seen.charAt(at - 1));
      boolean other = sharesAfter && end < seen.length() && isBase64(seen.charAt(end));
      view.mark(one ? at - 1 : at, other ? end + 1 : end, hidden);
    }
    markCut(view, hidden);
  }

  /** Marks the beginning of a secret at the end of a text that somebody has cut there. */
  private void markCut(View view, BitSet hidden) {
    String seen = view.text();
    int end = seen.endsWith(ELLIPSIS) ? seen.length() - ELLIPSIS.length() : seen.length();
    for (int at = Math.max(0, end - text.length() + 1); at <= end - SHORTEST; at++) {
      if (seen.charAt(at) == text.charAt(0) && seen.regionMatches(at, text, 0, end - at)) {
        view.mark(at, end, hidden);
        return;
      }
    }
  }

  private static boolean isBase64(char c) {
    return c >= '0' && c <= '9'
        || c >= 'A' && c <= 'Z'
        || c >= 'a' && c <= 'z'
        || "+/-_".indexOf(c) >= 0;
  }

  @Override
  public String toString() {
    return "a needle";
  }
}

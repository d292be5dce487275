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

  /**
   * Marks one place where it stands, by its place in the text that the view is of.
   *
   * @param from where to begin, when what is before is marked already
   */
  void mark(View view, int at, int from, BitSet hidden) {
    String seen = view.text();
    int end = at + text.length();
    boolean one = sharesBefore && from == at && at > 0 && isBase64(seen.charAt(at - 1));
    boolean other = sharesAfter && end < seen.length() && isBase64(seen.charAt(end));
    view.mark(one ? at - 1 : from, other ? end + 1 : end, hidden);
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

package io.ordinaut.worker.secret;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The texts that stand in base64 (RFC 4648, sections 4 and 5) within another one, wherever in it
 * their groups of four begin, each behind a U+0000. What decodes to no text is left out, and so is
 * what stood around.
 */
final class Base64Text {
  /** In characters of base64; shorter ones hold no secret. */
  private static final int SHORTEST_RUN = 11;

  /** In bytes. */
  private static final int SHORTEST_TEXT = 8;

  private static final int GROUP = 4;
  private static final byte[] SEXTETS = sextets();

  private final String text;
  private final StringBuilder decoded = new StringBuilder();
  private int[] from = {};
  private int[] to = {};

  private Base64Text(String text) {
    this.text = text;
  }

  /** By character, in either alphabet: the six bits that it stands for, or -1. */
  private static byte[] sextets() {
    byte[] sextets = new byte[128];
    Arrays.fill(sextets, (byte) -1);
    String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    for (int i = 0; i < alphabet.length(); i++) {
      sextets[alphabet.charAt(i)] = (byte) i;
    }
    sextets['+'] = 62;
    sextets['-'] = 62;
    sextets['/'] = 63;
    sextets['_'] = 63;
    return sextets;
  }

  /** Those of a text; null when there are none. */
  static @Nullable Base64Text in(String text) {
    Base64Text found = null;
    int begin = 0;
    for (int at = 0; at <= text.length(); at++) {
      if (at == text.length() || sextet(text.charAt(at)) < 0) {
        if (at - begin >= SHORTEST_RUN) {
          found = found == null ? new Base64Text(text) : found;
          for (int skipped = 0; skipped < GROUP; skipped++) {
            found.read(begin + skipped, at);
          }
        }
        begin = at + 1;
      }
    }
    return found == null || found.decoded.isEmpty() ? null : found;
  }

  /** What was found. */
  String decoded() {
    return decoded.toString();
  }

  /** Where each of its characters began. */
  int from(int at) {
    return from[at];
  }

  /** Where each of its characters ended: the place behind it. */
  int to(int at) {
    return to[at];
  }

  private void read(int begin, int end) {
    byte[] bytes = bytes(begin, end);
    int at = 0;
    while (at < bytes.length) {
      int stop = at;
      for (int length = lengthAt(bytes, stop); length > 0; length = lengthAt(bytes, stop)) {
        stop += length;
      }
      if (stop - at >= SHORTEST_TEXT) {
        append(bytes, at, stop, begin);
      }
      at = stop + 1;
    }
  }

  private byte[] bytes(int begin, int end) {
    byte[] bytes = new byte[(end - begin) * 6 / 8];
    int at = begin;
    for (int i = 0; i < bytes.length; i++) {
      int rest = i % 3;
      int both = sextet(text.charAt(at)) << 6 | sextet(text.charAt(at + 1));
      bytes[i] = (byte) (both >> (4 - 2 * rest));
      at += rest == 2 ? 2 : 1;
    }
    return bytes;
  }

  /** The first of the two characters that hold the bits of a byte. */
  private static int first(int index) {
    return index / 3 * GROUP + index % 3;
  }

  /** How many bytes the character of a text has that begins there, in UTF-8; 0 when none does. */
  private static int lengthAt(byte[] bytes, int at) {
    if (at >= bytes.length) {
      return 0;
    }
    int lead = bytes[at] & 0xFF;
    if (lead < 0x80) {
      return lead >= 0x20 && lead != 0x7F || lead == '\t' || lead == '\n' || lead == '\r' ? 1 : 0;
    }
    int length = lead >= 0xF5 || lead < 0xC2 ? 0 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    for (int i = 1; i < length; i++) {
      if (at + i >= bytes.length || (bytes[at + i] & 0xC0) != 0x80) {
        return 0;
      }
    }
    return length;
  }

  private void append(byte[] bytes, int begin, int end, int start) {
    put("\0", start + first(begin), start + first(begin) + 1);
    int at = begin;
    while (at < end) {
      int length = lengthAt(bytes, at);
      String character =
          length == 1
              ? String.valueOf((char) bytes[at])
              : new String(bytes, at, length, StandardCharsets.UTF_8);
      put(character, start + first(at), start + first(at + length - 1) + 2);
      at += length;
    }
  }

  private void put(String characters, int begin, int end) {
    int size = decoded.length() + characters.length();
    if (size > from.length) {
      from = Arrays.copyOf(from, 2 * size + GROUP);
      to = Arrays.copyOf(to, 2 * size + GROUP);
    }
    for (int i = decoded.length(); i < size; i++) {
      from[i] = begin;
      to[i] = end;
    }
    decoded.append(characters);
  }

  private static int sextet(char c) {
    return c < SEXTETS.length ? SEXTETS[c] : -1;
  }
}

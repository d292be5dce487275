package io.ordinaut.worker.secret;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;

/**
 * A way of writing characters by others, read backwards. What is written by one never has fewer
 * characters than it stands for.
 */
enum Decoding {
  /** {@code %C3%A9}, RFC 3986, section 2.1; the bytes are UTF-8. */
  PERCENT("%") {
    @Override
    int lengthAt(String text, int at) {
      int lead = byteAt(text, at);
      if (lead < 0) {
        return 0;
      }
      int bytes = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
      for (int i = 1; i < bytes; i++) {
        if ((byteAt(text, at + 3 * i) & 0xC0) != 0x80) {
          return 3;
        }
      }
      return 3 * bytes;
    }

    @Override
    void append(String text, int at, int length, StringBuilder decoded) {
      byte[] bytes = new byte[length / 3];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) byteAt(text, at + 3 * i);
      }
      decoded.append(
          new String(
              bytes, bytes.length > 1 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1));
    }
  },
  /** A plus for a space, as forms have it beside percent signs. */
  FORM("%+") {
    @Override
    int lengthAt(String text, int at) {
      return text.charAt(at) == '+' ? 1 : PERCENT.lengthAt(text, at);
    }

    @Override
    void append(String text, int at, int length, StringBuilder decoded) {
      if (length == 1) {
        decoded.append(' ');
      } else {
        PERCENT.append(text, at, length, decoded);
      }
    }
  },
  /** The escapes of JSON, RFC 8259, section 7, and the escaped apostrophe of its neighbours. */
  JSON("\\") {
    @Override
    int lengthAt(String text, int at) {
      if (text.charAt(at) != '\\' || at + 1 >= text.length()) {
        return 0;
      }
      char kind = text.charAt(at + 1);
      if (kind == 'u') {
        return hex(text, at + 2, 4) < 0 ? 0 : 6;
      }
      return ESCAPES.containsKey(kind) ? 2 : 0;
    }

    @Override
    void append(String text, int at, int length, StringBuilder decoded) {
      decoded.append(
          length == 6
              ? (char) hex(text, at + 2, 4)
              : Objects.requireNonNull(ESCAPES.get(text.charAt(at + 1))).charValue());
    }
  },
  /** The entities of HTML that stand for characters of its own, and numbers for any. */
  HTML("&") {
    @Override
    int lengthAt(String text, int at) {
      if (text.charAt(at) != '&') {
        return 0;
      }
      String near = text.substring(at, Math.min(text.length(), at + LONGEST_ENTITY));
      int end = near.indexOf(';');
      return end < 0 || entity(near, 0, end) < 0 ? 0 : end + 1;
    }

    @Override
    void append(String text, int at, int length, StringBuilder decoded) {
      decoded.appendCodePoint(entity(text, at, at + length - 1));
    }
  },
  /** Lines broken in the middle, as base64 in mails has them. */
  LINES("\r\n") {
    @Override
    int lengthAt(String text, int at) {
      return text.charAt(at) == '\n' || text.charAt(at) == '\r' ? 1 : 0;
    }

    @Override
    void append(String text, int at, int length, StringBuilder decoded) {
      // Nothing stands for it.
    }
  };

  private static final int LONGEST_ENTITY = 10;

  private static final Map<Character, Character> ESCAPES =
      Map.of(
          '"', '"', '\\', '\\', '/', '/', 'b', '\b', 'f', '\f', 'n', '\n', 'r', '\r', 't', '\t',
          '\'', '\'');

  private static final Map<String, Character> ENTITIES =
      Map.of("amp", '&', "lt", '<', "gt", '>', "quot", '"', "apos", '\'');

  private final String signs;

  Decoding(String signs) {
    this.signs = signs;
  }

  /** Whether a text has any of the characters that it writes with. */
  boolean mayOccurIn(String text) {
    return text.indexOf(signs.charAt(0)) >= 0
        || text.indexOf(signs.charAt(signs.length() - 1)) >= 0;
  }

  /** Whether what it writes may begin with a character. */
  boolean beginsWith(char c) {
    return c == signs.charAt(0) || c == signs.charAt(signs.length() - 1);
  }

  /** How many characters at a place stand for something else; 0 when none do. */
  abstract int lengthAt(String text, int at);

  /** Appends what they stand for. */
  abstract void append(String text, int at, int length, StringBuilder decoded);

  /** The byte of a percent sign and two digits; less than 0 when they are not there. */
  private static int byteAt(String text, int at) {
    return at < text.length() && text.charAt(at) == '%' ? hex(text, at + 1, 2) : -1;
  }

  private static int hex(String text, int at, int digits) {
    if (at + digits > text.length()) {
      return -1;
    }
    int value = 0;
    for (int i = at; i < at + digits; i++) {
      int digit = Character.digit(text.charAt(i), 16);
      if (digit < 0) {
        return -1;
      }
      value = value * 16 + digit;
    }
    return value;
  }

  /** The code point of an entity, from its ampersand to its semicolon; -1 when it is none. */
  private static int entity(String text, int at, int end) {
    String name = text.substring(at + 1, end);
    if (!name.startsWith("#")) {
      Character known = ENTITIES.get(name);
      return known == null ? -1 : known;
    }
    try {
      boolean isHex = name.startsWith("#x") || name.startsWith("#X");
      int point = Integer.parseInt(name.substring(isHex ? 2 : 1), isHex ? 16 : 10);
      return Character.isValidCodePoint(point) ? point : -1;
    } catch (NumberFormatException e) {
      return -1;
    }
  }
}

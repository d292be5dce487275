package io.ordinaut.worker.tool.http;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A range of addresses that begin alike.
 *
 * @param prefix the bits in which they are alike
 * @param bits how many an address has: 32 or 128
 * @param length how many are alike
 */
record Cidr(BigInteger prefix, int bits, int length) {
  private static final Pattern FOUR = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");
  private static final Pattern SIX = Pattern.compile("[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*");

  /** Several, each as {@link #parse} reads it. */
  static List<Cidr> all(String... texts) {
    return Stream.of(texts).map(Cidr::parse).toList();
  }

  /** Whether a text is an address or a range of them, if its numbers are right. */
  static boolean isWritten(String text) {
    int slash = text.indexOf('/');
    String address = slash < 0 ? text : text.substring(0, slash);
    return slash >= 0 || FOUR.matcher(address).matches() || SIX.matcher(address).matches();
  }

  /**
   * Reads {@code 10.0.0.0/8}, {@code fd00::/8}, or a single address.
   *
   * @throws IllegalArgumentException when it is none
   */
  static Cidr parse(String text) {
    int slash = text.indexOf('/');
    String address = slash < 0 ? text : text.substring(0, slash);
    if (!FOUR.matcher(address).matches() && !SIX.matcher(address).matches()) {
      throw new IllegalArgumentException(text);
    }
    byte[] bytes;
    try {
      bytes = InetAddress.getByName(address).getAddress();
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(text, e);
    }
    int bits = bytes.length * 8;
    int length = slash < 0 ? bits : Integer.parseInt(text.substring(slash + 1));
    if (length < 0 || length > bits) {
      throw new IllegalArgumentException(text);
    }
    return new Cidr(new BigInteger(1, bytes).shiftRight(bits - length), bits, length);
  }

  /** Whether an address of 4 or 16 bytes lies within. */
  boolean contains(byte[] address) {
    return address.length * 8 == bits
        && new BigInteger(1, address).shiftRight(bits - length).equals(prefix);
  }
}

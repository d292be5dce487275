package io.ordinaut.worker.tool.http;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;

/**
 * Which addresses belong to the public Internet, by the IANA registries of special-purpose
 * addresses. An IPv6 address that carries an IPv4 address is judged by what it carries.
 */
final class PublicAddress {
  /** Not public. The last one is public but answers only a machine in Azure, about itself. */
  private static final List<Cidr> SPECIAL_4 =
      Cidr.all(
          "0.0.0.0/8",
          "10.0.0.0/8",
          "100.64.0.0/10",
          "127.0.0.0/8",
          "169.254.0.0/16",
          "172.16.0.0/12",
          "192.0.0.0/24",
          "192.0.2.0/24",
          "192.88.99.0/24",
          "192.168.0.0/16",
          "198.18.0.0/15",
          "198.51.100.0/24",
          "203.0.113.0/24",
          "224.0.0.0/4",
          "240.0.0.0/4",
          "168.63.129.16/32");

  private static final Cidr GLOBAL_UNICAST = Cidr.parse("2000::/3");

  /** Within it: protocol assignments with Teredo, documentation. */
  private static final List<Cidr> SPECIAL_6 = Cidr.all("2001::/23", "2001:db8::/32", "3fff::/20");

  private static final Cidr NAT64 = Cidr.parse("64:ff9b::/96");
  private static final Cidr SIX_TO_FOUR = Cidr.parse("2002::/16");

  private PublicAddress() {}

  /** Whether an address is one that anybody on the Internet could mean. */
  static boolean isPublic(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (bytes.length == 4) {
      return isPublic4(bytes);
    }
    if (NAT64.contains(bytes)) {
      return isPublic4(Arrays.copyOfRange(bytes, 12, 16));
    }
    if (SIX_TO_FOUR.contains(bytes)) {
      return isPublic4(Arrays.copyOfRange(bytes, 2, 6));
    }
    return GLOBAL_UNICAST.contains(bytes)
        && SPECIAL_6.stream().noneMatch(range -> range.contains(bytes));
  }

  private static boolean isPublic4(byte[] bytes) {
    return SPECIAL_4.stream().noneMatch(range -> range.contains(bytes));
  }
}

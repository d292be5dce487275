package io.ordinaut.worker.tool.http;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What the operator lets tools reach beyond the public Internet.
 *
 * @param hosts names, in lower case, all of whose addresses may be reached
 * @param suffixes each with its leading dot: the same for every name that ends so
 * @param ranges of addresses
 */
public record AllowList(Set<String> hosts, List<String> suffixes, List<Cidr> ranges) {
  /** Nothing but the public Internet. */
  public static final AllowList NONE = new AllowList(Set.of(), List.of(), List.of());

  private static final Pattern NAME = Pattern.compile("[a-z0-9_-]+(\\.[a-z0-9_-]+)*");

  /**
   * Reads a list with commas between host names, {@code *.suffix}, addresses and CIDR ranges.
   *
   * @throws IllegalArgumentException with a sentence when an entry is none of these
   */
  public static AllowList parse(String text) {
    Set<String> hosts = new HashSet<>();
    List<String> suffixes = new ArrayList<>();
    List<Cidr> ranges = new ArrayList<>();
    for (String part : text.split(",")) {
      String entry = part.strip().toLowerCase(Locale.ROOT);
      String name = entry.startsWith("*.") ? entry.substring(2) : entry;
      if (entry.isEmpty()) {
        continue;
      } else if (Cidr.isWritten(entry)) {
        ranges.add(range(entry));
      } else if (!NAME.matcher(name).matches()) {
        throw wrong(part.strip());
      } else if (entry.equals(name)) {
        hosts.add(name);
      } else {
        suffixes.add("." + name);
      }
    }
    return new AllowList(Set.copyOf(hosts), List.copyOf(suffixes), List.copyOf(ranges));
  }

  private static Cidr range(String entry) {
    try {
      return Cidr.parse(entry);
    } catch (IllegalArgumentException e) {
      throw wrong(entry);
    }
  }

  private static IllegalArgumentException wrong(String entry) {
    return new IllegalArgumentException(
        "ORDINAUT_WORKER_OUTBOUND_ALLOW has an entry that can't be read: \""
            + entry
            + "\". Write host names, *.suffixes, addresses and CIDR ranges with commas between,"
            + " such as localhost, *.internal.example, 10.1.0.0/16.");
  }

  /** Whether an address of a host may be reached. */
  boolean allows(String host, InetAddress address) {
    String name = bare(host);
    return hosts.contains(name)
        || suffixes.stream().anyMatch(name::endsWith)
        || ranges.stream().anyMatch(range -> range.contains(address.getAddress()));
  }

  /** A name without the dot at its end that stands for the root. */
  private static String bare(String host) {
    String name = host.toLowerCase(Locale.ROOT);
    return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
  }
}

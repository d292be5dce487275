package io.ordinaut.worker.tool.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ordinaut.worker.tool.ToolException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GuardTest {
  private static InetAddress address(String text) {
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static List<InetAddress> reached(AllowList allowed, String host, String... addresses)
      throws InterruptedException {
    List<InetAddress> found = new ArrayList<>();
    for (String address : addresses) {
      found.add(address(address));
    }
    return new Guard(allowed, name -> found, Runnable::run)
        .addressesOf(host, Deadline.in(Duration.ofSeconds(5)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.9.9.9",
        "169.254.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.9",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "168.63.129.16",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "::7f00:1",
        "::ffff:0:7f00:1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2002:c0a8:101::1",
        "2001::1",
        "2001:db8::1",
        "3fff::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "100::1",
        "5f00::1"
      })
  void an_address_that_is_not_on_the_public_internet_is_refused(String text) {
    assertThat(PublicAddress.isPublic(address(text))).isFalse();
    assertThatThrownBy(() -> reached(AllowList.NONE, "tool.example", text))
        .isInstanceOf(ToolException.class)
        .hasMessage(
            "The host tool.example is not on the public Internet, and"
                + " ORDINAUT_WORKER_OUTBOUND_ALLOW does not name it.");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.167.1.1",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00:1450::1",
        "64:ff9b::808:808",
        "2002:808:808::1"
      })
  void an_address_on_the_public_internet_is_reached(String text) throws InterruptedException {
    assertThat(reached(AllowList.NONE, "tool.example", text)).containsExactly(address(text));
  }

  @ParameterizedTest
  @CsvSource({
    "localhost, localhost, 127.0.0.1, true",
    "localhost, LocalHost, ::1, true",
    "localhost, localhost., 127.0.0.1, true",
    "localhost, other, 127.0.0.1, false",
    "*.corp.example, api.corp.example, 10.0.0.1, true",
    "*.corp.example, a.b.corp.example, 10.0.0.1, true",
    "*.corp.example, corp.example, 10.0.0.1, false",
    "*.corp.example, evilcorp.example, 10.0.0.1, false",
    "10.1.0.0/16, api, 10.1.255.255, true",
    "10.1.0.0/16, api, 10.2.0.0, false",
    "127.0.0.1, 127.0.0.1, 127.0.0.1, true",
    "127.0.0.1, 127.0.0.2, 127.0.0.2, false",
    "fd00::/8, api, fd12::1, true",
    "fd00::/8, api, fe80::1, false",
    "0.0.0.0/0, api, 169.254.169.254, true",
    "0.0.0.0/0, api, ::1, false"
  })
  void what_the_operator_allows_is_reached(
      String rule, String host, String address, boolean allowed) {
    assertThat(AllowList.parse("unrelated.example, " + rule).allows(host, address(address)))
        .isEqualTo(allowed);
  }

  @Test
  void of_several_addresses_only_those_that_may_be_reached_are_used() throws InterruptedException {
    assertThat(reached(AllowList.NONE, "tool.example", "127.0.0.1", "1.1.1.1", "fd00::1"))
        .containsExactly(address("1.1.1.1"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "10.0.0.0/33",
        "10.0.0/8",
        "256.1.1.1",
        "fe80::/129",
        "a b",
        "http://x",
        "*",
        "*.",
        "host:80",
        "10.0.0.0/x"
      })
  void a_rule_that_cannot_be_read_is_refused_with_what_would_be_right(String rule) {
    assertThatThrownBy(() -> AllowList.parse("localhost," + rule))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "ORDINAUT_WORKER_OUTBOUND_ALLOW has an entry that can't be read: \"" + rule)
        .hasMessageContaining("such as localhost, *.internal.example, 10.1.0.0/16.");
  }
}

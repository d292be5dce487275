package io.ordinaut.worker.tool.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import com.sun.net.httpserver.HttpExchange;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.worker.tool.ToolException;
import io.vertx.core.http.HttpClientOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Where requests may go, and what goes with them. */
@Timeout(60)
class OutboundTest {
  private static OutboundPeer peer;

  @BeforeAll
  static void open() throws IOException {
    peer = new OutboundPeer();
    redirect("/to-inside", 302, () -> "http://inside.test:" + peer.port() + "/");
    redirect("/loop", 302, () -> "/loop");
    redirect("/moved", 301, () -> "/after?x=1#part");
    redirect("/kept", 308, () -> "/after");
    redirect("/away", 307, () -> "http://other.test:" + peer.port() + "/after");
    redirect("/ftp", 302, () -> "ftp://tool.test/");
    redirect("/user", 302, () -> "http://me:secret@tool.test:" + peer.port() + "/");
  }

  @AfterAll
  static void close() {
    peer.close();
  }

  private interface Target {
    String get();
  }

  private static void redirect(String path, int status, Target target) {
    peer.at(path, exchange -> peer.answer(exchange, status, Map.of("Location", target.get()), ""));
  }

  @Test
  void the_checked_address_is_the_one_that_is_connected_to_and_the_name_stays_the_host()
      throws InterruptedException {
    peer.forget();
    assertThat(peer.get(peer.url("/"))).isEqualTo("200 hello");
    assertThat(peer.last().getRequestHeaders().getFirst("Host"))
        .isEqualTo("tool.test:" + peer.port());
  }

  @Test
  void a_name_that_changes_its_address_after_the_check_gains_nothing() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    Resolver rebinding =
        host -> List.of(InetAddress.getByName("127.0.0." + asked.incrementAndGet()));
    try (Outbound outbound =
        new Outbound(AllowList.parse("127.0.0.1"), rebinding, new HttpClientOptions())) {
      String url = "http://rebinding.test:" + peer.port() + "/";
      try (Exchange exchange = outbound.send(OutboundPeer.request("GET", url, ""))) {
        assertThat(exchange.status()).isEqualTo(200);
      }
      assertThat(asked).hasValue(1);
      assertThatThrownBy(() -> outbound.send(OutboundPeer.request("GET", url, "")))
          .hasMessageContaining("is not on the public Internet");
    }
  }

  @Test
  void a_name_that_resolves_to_loopback_is_refused() throws Exception {
    try (Outbound outbound = new Outbound(AllowList.NONE)) {
      for (String host : List.of("localhost", "127.0.0.1", "[::1]", "2130706433")) {
        assertThatThrownBy(
                () ->
                    outbound.send(
                        OutboundPeer.request(
                            "GET", "http://" + host + ":" + peer.port() + "/", "")))
            .hasMessageContaining("is not on the public Internet");
      }
    }
  }

  @Test
  void addresses_that_may_not_be_reached_are_left_out() throws InterruptedException {
    assertThat(peer.get("http://both.test:" + peer.port() + "/")).isEqualTo("200 hello");
  }

  @Test
  void a_redirect_to_a_private_address_is_refused() {
    peer.refused("/to-inside", ErrorCode.TOOL_ERROR, "inside.test is not on the public Internet");
  }

  @Test
  void redirects_are_followed_five_times() {
    peer.refused("/loop", ErrorCode.TOOL_ERROR, "redirects more than 5 times.");
  }

  @Test
  void a_redirect_to_what_is_no_web_address_is_refused() {
    peer.refused("/ftp", ErrorCode.SCHEMA_ERROR, "must begin with https:// or http://.");
    peer.refused("/user", ErrorCode.SCHEMA_ERROR, "must not hold a user or a password");
  }

  @Test
  void after_moved_a_post_is_a_get_without_its_body() throws InterruptedException {
    peer.forget();
    peer.outbound().send(OutboundPeer.request("POST", peer.url("/moved"), "data")).close();
    HttpExchange after = peer.last();
    assertThat(after.getRequestMethod()).isEqualTo("GET");
    assertThat(after.getRequestURI()).hasToString("/after?x=1");
    assertThat(after.getAttribute("body")).isEqualTo("");
    assertThat(after.getRequestHeaders()).containsKeys("Authorization", "X-api-key");
  }

  @Test
  void a_permanent_redirect_keeps_method_and_body() throws InterruptedException {
    peer.forget();
    peer.outbound().send(OutboundPeer.request("PUT", peer.url("/kept"), "data")).close();
    HttpExchange after = peer.last();
    assertThat(after.getRequestMethod()).isEqualTo("PUT");
    assertThat(after.getAttribute("body")).isEqualTo("data");
  }

  @Test
  void another_origin_sees_no_keys() throws InterruptedException {
    peer.forget();
    peer.outbound().send(OutboundPeer.request("GET", peer.url("/away"), "")).close();
    assertThat(peer.last().getRequestHeaders())
        .containsKey("Accept")
        .doesNotContainKeys("Authorization", "X-api-key", "Cookie");
  }

  @Test
  void a_redirect_from_https_to_http_is_refused() {
    OutboundRequest secure = OutboundPeer.request("GET", "https://tool.test/", "");
    assertThatThrownBy(() -> secure.redirected(302, "http://tool.test/"))
        .hasMessage("https://tool.test redirects from https to http, which is refused.");
    assertThat(secure.redirected(302, "/there").url()).hasToString("https://tool.test/there");
  }

  @Test
  void a_host_that_is_not_there_is_an_error_that_says_so() throws IOException {
    // Nobody else may take the port, and this one does not listen.
    try (Socket silent = new Socket()) {
      silent.bind(new InetSocketAddress("127.0.0.1", 0));
      String url = "http://tool.test:" + silent.getLocalPort();
      assertThatThrownBy(() -> peer.get(url + "/"))
          .hasMessageContaining(url + " could not be connected to: ");
    }
    assertThatThrownBy(() -> peer.get("http://nowhere.test/"))
        .hasMessage("The host nowhere.test is not known.");
  }

  @Test
  void what_cannot_be_sent_is_refused() {
    for (String url :
        List.of(
            "file:///etc/passwd",
            "ftp://x/",
            "//x/",
            "http:///x",
            "http://u:p@x/",
            "http://x:0/",
            "http://x:70000/",
            "http://a b/")) {
      assertThatThrownBy(() -> OutboundPeer.request("GET", url, ""))
          .asInstanceOf(type(ToolException.class))
          .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.SCHEMA_ERROR));
    }
    for (Map<String, String> headers :
        List.of(
            Map.of("A", "b\r\nC: d"),
            Map.of("A b", "c"),
            Map.of("Host", "x"),
            Map.of("", "x"),
            Map.of("content-length", "3"),
            Map.of("A", "ü"))) {
      assertThatThrownBy(
              () ->
                  new OutboundRequest(
                      "GET",
                      OutboundRequest.url("http://x/"),
                      headers,
                      new byte[0],
                      Duration.ofSeconds(1)))
          .isInstanceOf(ToolException.class);
    }
    assertThatThrownBy(() -> OutboundPeer.request("CONNECT", "http://x/", ""))
        .hasMessageContaining("method");
  }
}

package io.ordinaut.worker.tool.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.net.PfxOptions;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(90)
class CertificateTest {
  private static final String PASSWORD = "for this test only";

  private static Path keys(Path directory) throws Exception {
    Path file = directory.resolve("keys.p12");
    Process made =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "tool",
                "-keyalg",
                "EC",
                "-dname",
                "CN=tool.test",
                "-ext",
                "san=dns:tool.test",
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD,
                "-keystore",
                file.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(made.getInputStream().readAllBytes());
    assertThat(made.waitFor()).as(said).isZero();
    return file;
  }

  private static SSLContext context(Path keys) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(keys)) {
      store.load(in, PASSWORD.toCharArray());
    }
    KeyManagerFactory managers = KeyManagerFactory.getInstance("SunX509");
    managers.init(store, PASSWORD.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    return context;
  }

  private static HttpsServer server(Path keys) throws Exception {
    HttpsServer server = HttpsServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context(keys)));
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
        });
    server.start();
    return server;
  }

  private static Outbound outbound(HttpClientOptions options) {
    return new Outbound(
        AllowList.parse("127.0.0.1"), host -> List.of(InetAddress.getByName("127.0.0.1")), options);
  }

  private static HttpClientOptions trusting(Path keys) {
    return new HttpClientOptions()
        .setTrustOptions(new PfxOptions().setPath(keys.toString()).setPassword(PASSWORD));
  }

  private static OutboundRequest request(String host, int port, Duration timeout) {
    return new OutboundRequest(
        "GET",
        OutboundRequest.url("https://" + host + ":" + port + "/"),
        Map.of(),
        new byte[0],
        timeout);
  }

  private static int status(Outbound outbound, String host, int port) throws InterruptedException {
    try (Exchange exchange = outbound.send(request(host, port, Duration.ofSeconds(30)))) {
      return exchange.status();
    }
  }

  @Test
  void a_certificate_has_to_be_trusted_and_to_name_the_host_of_the_url(@TempDir Path directory)
      throws Exception {
    Path keys = keys(directory);
    HttpsServer server = server(keys);
    int port = server.getAddress().getPort();
    try (Outbound outbound = outbound(trusting(keys));
        Outbound stranger = outbound(new HttpClientOptions())) {
      assertThat(status(outbound, "tool.test", port)).isEqualTo(204);
      assertThatThrownBy(() -> status(outbound, "other.test", port))
          .hasMessageContaining("could not be connected to: ")
          .hasMessageContaining("other.test");
      assertThatThrownBy(() -> status(stranger, "tool.test", port))
          .hasMessageContaining("could not be connected to: ");
    } finally {
      server.stop(0);
    }
  }

  private static boolean isWithoutAddress(Throwable failure) {
    return String.valueOf(failure).contains("was not resolved within");
  }

  @Test
  void a_connection_that_is_there_when_the_time_is_over_is_closed(@TempDir Path directory)
      throws Exception {
    Path keys = keys(directory);
    try (Outbound outbound = outbound(trusting(keys));
        ServerSocket slow = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      OutboundRequest call = request("tool.test", slow.getLocalPort(), Duration.ofSeconds(1));
      Throwable failure = catchThrowable(() -> outbound.send(call));
      // The time may be over before there is an address, and then nobody connects.
      for (int again = 0; again < 20 && isWithoutAddress(failure); again++) {
        failure = catchThrowable(() -> outbound.send(call));
      }
      assertThat(failure).hasMessageContaining("could not be connected to within 1 s");
      try (Socket accepted = slow.accept();
          SSLSocket secured =
              (SSLSocket) context(keys).getSocketFactory().createSocket(accepted, null, 0, false)) {
        secured.setUseClientMode(false);
        secured.setSoTimeout(20_000);
        assertThat(secured.getInputStream().read()).as("the end, and no request").isEqualTo(-1);
      }
    }
  }
}

package io.ordinaut.worker.tool.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.net.PfxOptions;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
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

  private static HttpsServer server(Path keys) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(keys)) {
      store.load(in, PASSWORD.toCharArray());
    }
    KeyManagerFactory managers = KeyManagerFactory.getInstance("SunX509");
    managers.init(store, PASSWORD.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    HttpsServer server = HttpsServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
        });
    server.start();
    return server;
  }

  private static int status(Outbound outbound, String host, int port) throws InterruptedException {
    try (Exchange exchange =
        outbound.send(
            new OutboundRequest(
                "GET",
                OutboundRequest.url("https://" + host + ":" + port + "/"),
                Map.of(),
                new byte[0],
                Duration.ofSeconds(10)))) {
      return exchange.status();
    }
  }

  @Test
  void a_certificate_has_to_be_trusted_and_to_name_the_host_of_the_url(@TempDir Path directory)
      throws Exception {
    Path keys = keys(directory);
    HttpsServer server = server(keys);
    int port = server.getAddress().getPort();
    Resolver here = host -> List.of(InetAddress.getByName("127.0.0.1"));
    AllowList allowed = AllowList.parse("127.0.0.1");
    HttpClientOptions trusting =
        new HttpClientOptions()
            .setTrustOptions(new PfxOptions().setPath(keys.toString()).setPassword(PASSWORD));
    try (Outbound outbound = new Outbound(allowed, here, trusting);
        Outbound stranger = new Outbound(allowed, here, new HttpClientOptions())) {
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
}

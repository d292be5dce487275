package io.ordinaut.tests.house;

import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.tests.utils.ServiceProcess;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is deployed is what is there: the same ports, paths and settings. */
class DeployTest {
  private static final Path DEPLOY = Path.of("..", "deploy");

  @ParameterizedTest
  @ValueSource(strings = {"api-service", "scheduler-service", "worker-service"})
  void a_service_is_deployed_with_its_own_port_and_probes(String service) throws IOException {
    Properties settings = new Properties();
    try (InputStream in =
        Files.newInputStream(
            Path.of("..", service, "src", "main", "resources", "application.properties"))) {
      settings.load(in);
    }
    String manifest = Files.readString(DEPLOY.resolve("kubernetes/base/" + service + ".yaml"));
    assertThat(manifest)
        .contains("containerPort: " + settings.getProperty("quarkus.http.port"))
        .contains("path: /health/live")
        .contains("path: /health/ready")
        .contains("runAsNonRoot: true")
        .contains("key: DATABASE_URL");
    assertThat(Files.readString(DEPLOY.resolve("compose.yaml"))).contains("SERVICE: " + service);
  }

  @Test
  void the_base_renders() throws Exception {
    if (!isThere("kubectl")) {
      assertThat(DEPLOY.resolve("kubernetes/base/kustomization.yaml")).exists();
      return;
    }
    Process kubectl =
        new ProcessBuilder("kubectl", "kustomize", DEPLOY.resolve("kubernetes/base").toString())
            .redirectErrorStream(true)
            .start();
    String rendered = new String(kubectl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(kubectl.waitFor()).as(rendered).isZero();
    assertThat(rendered)
        .contains(
            "image: ordinaut/worker-service:0.1.0", "namespace: ordinaut", "kind: NetworkPolicy");
  }

  private static boolean isThere(String command) throws InterruptedException {
    try {
      return new ProcessBuilder("sh", "-c", "command -v " + command).start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void a_service_that_would_listen_to_all_refuses_to_start_unless_told() {
    Map<String, String> open =
        Map.of(
            "DATABASE_URL", "postgresql://u:p@127.0.0.1:1/none",
            "REDIS_URL", "redis://127.0.0.1:1",
            "ORDINAUT_HOST", "0.0.0.0");
    try (ServiceProcess refused = ServiceProcess.start("worker-service", open)) {
      assertThat(refused.awaitExit()).isEqualTo(1);
      assertThat(refused.output())
          .contains("without authentication. Set ORDINAUT_AUTH=off")
          .doesNotContain("\tat ");
    }
  }
}

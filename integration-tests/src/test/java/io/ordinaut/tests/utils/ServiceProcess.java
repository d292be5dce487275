package io.ordinaut.tests.utils;

import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A packaged service, run as a process of its own. */
public final class ServiceProcess implements AutoCloseable {
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final Duration PATIENCE = Duration.ofSeconds(40);

  private final Process process;
  private final int port;
  private final Path output;

  private ServiceProcess(Process process, int port, Path output) {
    this.process = process;
    this.port = port;
    this.output = output;
  }

  /** Starts a module's jar on a free port with the given environment. */
  public static ServiceProcess start(String module, Map<String, String> environment) {
    return start(module, Backends.freePort(), environment);
  }

  /** Starts a module's jar on the given port with the given environment. */
  public static ServiceProcess start(String module, int port, Map<String, String> environment) {
    return start(module, port, environment, List.of());
  }

  /** Runs a command of a module's jar to its end. */
  public static ServiceProcess run(
      String module, Map<String, String> environment, String... arguments) {
    ServiceProcess command = start(module, Backends.freePort(), environment, List.of(arguments));
    command.awaitExit();
    return command;
  }

  private static ServiceProcess start(
      String module, int port, Map<String, String> environment, List<String> arguments) {
    try {
      Path output = Files.createTempFile("ordinaut-" + module, ".log");
      output.toFile().deleteOnExit();
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.add("-XX:TieredStopAtLevel=1");
      command.add("-XX:+UseSerialGC");
      command.add("-jar");
      command.add(jar(module).getPath());
      command.addAll(arguments);
      ProcessBuilder builder = new ProcessBuilder(command);
      Map<String, String> all = new HashMap<>(environment);
      all.put("QUARKUS_HTTP_PORT", Integer.toString(port));
      builder.environment().putAll(all);
      builder.redirectErrorStream(true).redirectOutput(output.toFile());
      return new ServiceProcess(builder.start(), port, output);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static File jar(String module) {
    File jar = new File("../" + module + "/target/quarkus-app/quarkus-run.jar");
    if (!jar.exists()) {
      throw new AssertionError(jar + " is not there; run mvn verify, which packages it.");
    }
    return jar;
  }

  /** Waits until the service says that it is ready. */
  public ServiceProcess awaitReady() {
    await()
        .alias(module() + " ready")
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .failFast("It ended before it was ready.", () -> !process.isAlive())
        .until(() -> status("/health/ready") == 200);
    return this;
  }

  private String module() {
    return output.getFileName().toString();
  }

  /** The status of a GET; 0 while nobody answers. */
  public int status(String path) {
    try {
      return send(request(path).build()).statusCode();
    } catch (IOException e) {
      return 0;
    }
  }

  /** The body of a GET. */
  public String get(String path) {
    try {
      return send(request(path).build()).body();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** The answer to a POST of JSON. */
  public HttpResponse<String> post(String path, String json) {
    try {
      return send(
          request(path)
              .header("Content-Type", "application/json")
              .POST(BodyPublishers.ofString(json))
              .build());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
        .timeout(Duration.ofSeconds(10));
  }

  private static HttpResponse<String> send(HttpRequest request) throws IOException {
    try {
      return HTTP.send(request, BodyHandlers.ofString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** What it has printed so far. */
  public String output() {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** The id of the process. */
  public long pid() {
    return process.pid();
  }

  /** Sends a signal, such as KILL or TERM. */
  public void signal(String name) {
    try {
      new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits for its end and answers with its exit code. */
  public int awaitExit() {
    try {
      if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        throw new AssertionError("It does not end: " + output());
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    signal("TERM");
    try {
      if (!process.waitFor(15, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}

package io.ordinaut.tests.utils;

import static org.awaitility.Awaitility.await;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.stream.Stream;

/** A PostgreSQL of a test's own, which can be stopped and started on the same data. */
public final class OwnPostgres implements AutoCloseable {
  private final Path data;
  private final int port = Backends.freePort();
  private EmbeddedPostgres running;

  /** A new one, started. */
  public OwnPostgres() throws IOException {
    data = Files.createTempDirectory("ordinaut-postgres");
    start();
  }

  /** Starts it on the data that it has. */
  public void start() throws IOException {
    running =
        EmbeddedPostgres.builder()
            .setDataDirectory(data)
            .setCleanDataDirectory(false)
            .setPort(port)
            .setServerConfig("fsync", "off")
            .start();
  }

  /** Stops it; sessions are cut. */
  public void stop() throws IOException {
    if (running != null) {
      running.close();
      running = null;
      // Its own patience with a busy server is short.
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> !Files.exists(data.resolve("postmaster.pid")));
    }
  }

  /** Its database. */
  public String url() {
    return "postgresql://postgres:postgres@127.0.0.1:" + port + "/postgres";
  }

  @Override
  public void close() throws IOException {
    stop();
    try (Stream<Path> files = Files.walk(data)) {
      files.sorted(Comparator.reverseOrder()).forEach(OwnPostgres::delete);
    }
  }

  private static void delete(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

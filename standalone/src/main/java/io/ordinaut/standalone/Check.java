package io.ordinaut.standalone;

import io.ordinaut.scheduler.check.Finding;
import io.ordinaut.scheduler.check.Invariants;
import io.ordinaut.store.Db;
import io.ordinaut.store.DbException;
import io.ordinaut.store.SchemaCheck;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgBuilder;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The command {@code check}: proves over a database that nothing was lost and nothing doubled. */
final class Check {
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private Check() {}

  /**
   * Checks a database and prints what it found.
   *
   * @param url of the database
   * @return 0 when all promises are kept, 1 when one is broken
   * @throws StartException when the database can't be read
   */
  static int run(String url) {
    Vertx vertx = Vertx.vertx();
    try {
      Pool pool =
          PgBuilder.pool()
              .connectingTo(url)
              .with(new PoolOptions().setMaxSize(1))
              .using(vertx)
              .build();
      Db db = new Db(pool, PATIENCE);
      needSchema(new SchemaCheck(db).version());
      List<Finding> findings = new Invariants(db).check();
      findings.forEach(System.out::println);
      System.out.println(
          findings.isEmpty()
              ? "Every occurrence is accounted for; nothing was lost, nothing doubled."
              : findings.size() + " promises are broken.");
      return findings.isEmpty() ? 0 : 1;
    } catch (DbException | IllegalArgumentException e) {
      throw new StartException("The database can't be checked: " + e.getMessage());
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  private static void needSchema(int version) {
    if (version < SchemaCheck.NEEDED_VERSION) {
      throw new StartException(
          ("The database has the schema of version %s, and version %s is needed: start an api-service"
                  + " of this version, which migrates it, or set DATABASE_URL to another database.")
              .formatted(version, SchemaCheck.NEEDED_VERSION));
    }
  }

  /**
   * A URL of a running Ordinaut, from what it wrote into its data directory.
   *
   * @param name DATABASE_URL or REDIS_URL
   */
  static String urlOf(Path data, String name) {
    String start = name + "=";
    Path file = data.resolve("connection.env");
    try {
      return Files.readAllLines(file).stream()
          .filter(line -> line.startsWith(start))
          .map(line -> line.substring(start.length()))
          .findFirst()
          .orElseThrow(() -> new StartException(file + " does not have " + name + "."));
    } catch (IOException e) {
      throw new StartException(
          "There is no "
              + file
              + "; start Ordinaut first, or set DATABASE_URL to the database to check.",
          e);
    }
  }
}

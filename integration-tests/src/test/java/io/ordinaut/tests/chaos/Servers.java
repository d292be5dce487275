package io.ordinaut.tests.chaos;

import static org.awaitility.Awaitility.await;

import io.ordinaut.standalone.DataDirectory;
import io.ordinaut.standalone.PostgresProcess;
import io.ordinaut.standalone.RedisProcess;
import io.ordinaut.tests.utils.Backends;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.flywaydb.core.Flyway;

/**
 * A PostgreSQL and a Redis that may be broken: nobody else's. PostgreSQL is as durable as that of
 * standalone, for what it has confirmed must survive its death.
 */
final class Servers implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** It would tell at length that what has crashed can't be stopped. */
  private static final Logger OF_THE_LIBRARY = Logger.getLogger(EmbeddedPostgres.class.getName());

  private final DataDirectory data;
  private final int postgresPort = Backends.freePort();
  private final int redisPort = Backends.freePort();
  private PostgresProcess postgres;
  private RedisProcess redis;

  Servers(Path root) {
    data = DataDirectory.open(root);
    postgres = PostgresProcess.start(data, postgresPort);
    redis = RedisProcess.start(data, redisPort);
    String[] user = userInfo();
    Flyway.configure().dataSource(jdbc(), user[0], user[1]).load().migrate();
  }

  String databaseUrl() {
    return postgres.url();
  }

  String redisUrl() {
    return redis.url();
  }

  private String[] userInfo() {
    String url = postgres.url();
    return url.substring(url.indexOf("//") + 2, url.indexOf('@')).split(":");
  }

  private String jdbc() {
    return "jdbc:postgresql://127.0.0.1:"
        + postgresPort
        + "/ordinaut?connectTimeout=5&socketTimeout=300&ApplicationName=chaos";
  }

  /** A connection of its own; fails while PostgreSQL is down. */
  Connection connect() throws SQLException {
    String[] user = userInfo();
    return DriverManager.getConnection(jdbc(), user[0], user[1]);
  }

  /** Ends PostgreSQL in immediate mode, as a crash would, and starts it on what it left. */
  void crashPostgres() throws IOException {
    Path pidFile = data.resolve("postgres").resolve("postmaster.pid");
    long pid = Long.parseLong(Files.readAllLines(pidFile).get(0).strip());
    Signals.send("QUIT", pid);
    await().atMost(PATIENCE).pollInterval(Duration.ofMillis(20)).until(() -> !Signals.lives(pid));
    OF_THE_LIBRARY.setLevel(Level.OFF);
    postgres.close();
    OF_THE_LIBRARY.setLevel(null);
    postgres = PostgresProcess.start(data, postgresPort);
  }

  void stopRedis() throws IOException {
    redis.close();
  }

  void startRedis() {
    redis = RedisProcess.start(data, redisPort);
  }

  /** What Redis answers to a command. */
  String redis(String... command) throws IOException {
    try (RedisLine line = new RedisLine(redis.url())) {
      return line.ask(command);
    }
  }

  /** Which life of Redis this is. */
  String redisRunId() throws IOException {
    return redis("INFO", "server")
        .lines()
        .filter(line -> line.startsWith("run_id:"))
        .findFirst()
        .orElseThrow();
  }

  @Override
  public void close() throws IOException {
    redis.close();
    postgres.close();
    data.close();
  }
}

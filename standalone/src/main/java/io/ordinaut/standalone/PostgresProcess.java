package io.ordinaut.standalone;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;

/** The embedded PostgreSQL: durable, on loopback, and open to nobody without the password. */
public final class PostgresProcess implements AutoCloseable {
  private static final String ROLE = "ordinaut";
  private static final Duration STARTUP = Duration.ofSeconds(60);

  /** What a crash must not lose is on disk before it is confirmed; the library's default is off. */
  private static final Map<String, String> SETTINGS =
      Map.of(
          "fsync", "on",
          "synchronous_commit", "on",
          "listen_addresses", "127.0.0.1",
          "unix_socket_directories", "",
          "max_connections", "100",
          "shared_buffers", "128MB",
          "max_wal_size", "2GB");

  private final EmbeddedPostgres server;
  private final Leftover pidFile;
  private final String password;

  private PostgresProcess(EmbeddedPostgres server, Leftover pidFile, String password) {
    this.server = server;
    this.pidFile = pidFile;
    this.password = password;
  }

  /**
   * Starts the server on the data of earlier runs.
   *
   * @param port to listen on, 0 for a free one
   * @throws StartException when it does not come up
   */
  public static PostgresProcess start(DataDirectory data, int port) {
    Path files = data.resolve("postgres");
    Path binaries = data.resolve("bin");
    Leftover pidFile = new Leftover(files.resolve("postmaster.pid"), binaries);
    pidFile.end("-INT");
    Standalone.checkPort("ORDINAUT_POSTGRES_PORT", port);
    String password = data.password();
    Redirect log = Redirect.appendTo(data.resolve("postgres.log").toFile());
    EmbeddedPostgres.Builder builder =
        EmbeddedPostgres.builder()
            .setPort(port)
            .setDataDirectory(files)
            .setCleanDataDirectory(false)
            .setOverrideWorkingDirectory(binaries.toFile())
            .setRegisterShutdownHook(false)
            .setPGStartupWait(STARTUP)
            .setConnectConfig("password", password)
            .setOutputRedirector(log)
            .setErrorRedirector(log);
    SETTINGS.forEach(builder::setServerConfig);
    try {
      PostgresProcess started = new PostgresProcess(builder.start(), pidFile, password);
      started.secure(files);
      return started;
    } catch (IOException | SQLException | IllegalStateException e) {
      throw new StartException(
          "The embedded PostgreSQL did not start; " + data.resolve("postgres.log") + " says why.",
          e);
    }
  }

  /** Makes the role and its database and asks everybody for the password; harmless again. */
  private void secure(Path files) throws SQLException, IOException {
    try (Connection connection = server.getPostgresDatabase().getConnection();
        Statement sql = connection.createStatement()) {
      // The password is hexadecimal, made by ourselves: it needs no quoting.
      sql.execute("ALTER ROLE postgres PASSWORD '" + password + "'");
      if (!exists(sql, "SELECT FROM pg_roles WHERE rolname = '" + ROLE + "'")) {
        sql.execute("CREATE ROLE " + ROLE + " LOGIN");
      }
      sql.execute("ALTER ROLE " + ROLE + " PASSWORD '" + password + "'");
      if (!exists(sql, "SELECT FROM pg_database WHERE datname = '" + ROLE + "'")) {
        sql.execute("CREATE DATABASE " + ROLE + " OWNER " + ROLE);
      }
      Files.writeString(files.resolve("pg_hba.conf"), "host all all 127.0.0.1/32 scram-sha-256\n");
      sql.execute("SELECT pg_reload_conf()");
    }
  }

  private static boolean exists(Statement sql, String query) throws SQLException {
    try (ResultSet rows = sql.executeQuery(query)) {
      return rows.next();
    }
  }

  /** The URL by which services reach it. */
  public String url() {
    return "postgresql://" + ROLE + ":" + password + "@127.0.0.1:" + server.getPort() + "/" + ROLE;
  }

  /** The process that all others of the server hang on. */
  ProcessHandle process() {
    return pidFile.server();
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}

package io.ordinaut.tests.utils;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.flywaydb.core.Flyway;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.postgresql.PostgreSQLContainer;
import redis.embedded.RedisServer;

/**
 * One PostgreSQL and one Redis for the whole suite: containers where Docker answers, the embedded
 * binaries where not. This is the one place that chooses.
 */
public final class Backends {
  private static final String TEMPLATE = "ordinaut_template";

  /**
   * More than a suite asks for, since none is given twice: an application under test keeps its own
   * until the end, and would take the nudges of whoever shared it.
   */
  private static final int REDIS_DATABASES = 8192;

  private static final int FIRST_PORT = 12_000;
  private static final int MANY_PORTS = 20_000;

  /** Begins anywhere, so that suites beside each other on one machine seldom meet. */
  private static final AtomicInteger PORTS =
      new AtomicInteger(ThreadLocalRandom.current().nextInt(MANY_PORTS));

  /** Off, since no test outlives its database; what measures wants what production has. */
  private static final String DURABLE = System.getProperty("ordinaut.tests.durable", "off");

  /** Started with the first database that is asked for: a free port needs no server. */
  private static final class Started {
    static final Backends INSTANCE = new Backends();
  }

  private final AtomicInteger databases = new AtomicInteger();
  private final AtomicInteger redisDatabases = new AtomicInteger();
  private final ExecutorService removals =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "removals");
            // What it has not come to goes with the server.
            thread.setDaemon(true);
            return thread;
          });
  private final String host;
  private final int port;
  private final String userInfo;
  private final String redis;

  private Backends() {
    if (dockerAnswers()) {
      PostgreSQLContainer postgres =
          new PostgreSQLContainer("postgres:17-alpine")
              .withCommand("postgres", "-c", "fsync=" + DURABLE, "-c", "max_connections=300");
      postgres.start();
      host = postgres.getHost();
      port = postgres.getMappedPort(PostgreSQLContainer.POSTGRESQL_PORT);
      userInfo = postgres.getUsername() + ":" + postgres.getPassword();
      GenericContainer<?> container =
          new GenericContainer<>("redis:7-alpine")
              .withExposedPorts(6379)
              .withCommand("redis-server", "--databases", Integer.toString(REDIS_DATABASES));
      container.start();
      redis = "redis://" + container.getHost() + ":" + container.getMappedPort(6379);
    } else {
      try {
        EmbeddedPostgres postgres =
            EmbeddedPostgres.builder()
                .setServerConfig("fsync", DURABLE)
                .setServerConfig("synchronous_commit", DURABLE)
                .start();
        host = "127.0.0.1";
        port = postgres.getPort();
        userInfo = "postgres:postgres";
        redis = "redis://127.0.0.1:" + startRedis(freePort());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    sql("CREATE DATABASE " + TEMPLATE);
    Flyway.configure()
        .dataSource(jdbc(TEMPLATE), userInfo.split(":")[0], userInfo.split(":")[1])
        .load()
        .migrate();
  }

  private static boolean dockerAnswers() {
    return System.getenv("DOCKER_HOST") != null || Files.exists(Path.of("/var/run/docker.sock"));
  }

  private static int startRedis(int port) throws IOException {
    redisServer(port).start();
    return port;
  }

  /** A Redis of a test's own, not yet started. */
  public static RedisServer redisServer(int port) throws IOException {
    return RedisServer.newRedisServer()
        .port(port)
        .setting("save \"\"")
        .setting("databases " + REDIS_DATABASES)
        .soutListener(line -> {})
        .serrListener(line -> {})
        .build();
  }

  /**
   * A port that nobody listens on, and that this gives nobody else. Systems take the ports of
   * outgoing connections from above 32,768: one of those may be gone before its server is up, or
   * while it is down for a while.
   */
  public static int freePort() {
    while (true) {
      int port = FIRST_PORT + PORTS.getAndIncrement() % MANY_PORTS;
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return socket.getLocalPort();
      } catch (BindException e) {
        // Somebody else's.
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** The URL of a new database with the schema in it. */
  public static String newDatabase() {
    return Started.INSTANCE.create("TEMPLATE " + TEMPLATE);
  }

  /** The URL of a new database without anything in it. */
  public static String newEmptyDatabase() {
    return Started.INSTANCE.create("TEMPLATE template0");
  }

  /**
   * Removes a database, some time: each removal waits for a checkpoint, which no test should, and
   * hundreds of them at the end of the suite would take longer than it gives its JVM to end.
   */
  public static void drop(String url) {
    String name = url.substring(url.lastIndexOf('/') + 1);
    Started.INSTANCE.removals.execute(
        () -> Started.INSTANCE.sql("DROP DATABASE " + name + " WITH (FORCE)"));
  }

  private String create(String how) {
    String name = "test_" + databases.incrementAndGet();
    sql("CREATE DATABASE " + name + " " + how);
    return "postgresql://" + userInfo + "@" + host + ":" + port + "/" + name;
  }

  /** The URL of an empty Redis database that nobody else uses. */
  public static String newRedis() {
    int number = Started.INSTANCE.redisDatabases.incrementAndGet();
    if (number >= REDIS_DATABASES) {
      throw new IllegalStateException("The suite has taken all its Redis databases.");
    }
    URI redis = URI.create(Started.INSTANCE.redis);
    try (Socket socket = new Socket(redis.getHost(), redis.getPort())) {
      socket
          .getOutputStream()
          .write(("SELECT " + number + "\r\nFLUSHDB\r\nQUIT\r\n").getBytes(UTF_8));
      String answers = new String(socket.getInputStream().readAllBytes(), UTF_8);
      if (!answers.equals("+OK\r\n".repeat(3))) {
        throw new IllegalStateException(answers);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return redis + "/" + number;
  }

  private void sql(String statement) {
    String[] user = userInfo.split(":");
    try (Connection connection = DriverManager.getConnection(jdbc("postgres"), user[0], user[1]);
        Statement sql = connection.createStatement()) {
      sql.execute(statement);
    } catch (SQLException e) {
      throw new IllegalStateException(statement, e);
    }
  }

  private String jdbc(String database) {
    return "jdbc:postgresql://" + host + ":" + port + "/" + database;
  }
}

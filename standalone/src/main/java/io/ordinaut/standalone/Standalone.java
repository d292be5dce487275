package io.ordinaut.standalone;

import io.ordinaut.secret.SecretBox;
import io.ordinaut.secret.SecretException;
import io.ordinaut.service.SchemaGate;
import io.ordinaut.service.UrlConfigSource;
import io.ordinaut.store.Db;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import io.quarkus.runtime.annotations.QuarkusMain;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.microprofile.config.ConfigProvider;
import sun.misc.Signal;

/** All three services in one process, on an embedded PostgreSQL and an embedded Redis. */
@QuarkusMain
public final class Standalone {
  private static final String DEFAULT_PORT = "8080";
  private static final String ANY_PORT = "0";
  private static final String CHECK = "check";
  private static final Set<String> COMMANDS = Set.of(CHECK, "doctor");
  private static final AtomicBoolean STOPPING = new AtomicBoolean();
  private static final AtomicBoolean BROKEN = new AtomicBoolean();

  private Standalone() {}

  /** Starts everything and stays until Ctrl-C or SIGTERM. */
  public static void main(String... args) {
    System.exit(run(args));
  }

  private static int run(String... args) {
    String home = Path.of(System.getProperty("user.home"), ".ordinaut").toString();
    Path root = Path.of(setting("ORDINAUT_DATA", home));
    if (args.length == 0) {
      return serve(root);
    }
    try {
      if (args.length == 1 && COMMANDS.contains(args[0])) {
        return command(args[0], root);
      }
      throw new StartException(
          "Unknown arguments; without any, Ordinaut starts; with check, it checks a database, with"
              + " doctor it says what its operator should know.");
    } catch (StartException e) {
      System.err.println(e.getMessage());
      return 2;
    }
  }

  /** Of the database that is named, or of the one in the data directory. */
  private static int command(String name, Path root) {
    String url = setting("DATABASE_URL", "");
    String database = url.isEmpty() ? Check.urlOf(root, "DATABASE_URL") : url;
    checkForm(database);
    if (name.equals(CHECK)) {
      return Check.run(database);
    }
    String redis = setting("REDIS_URL", url.isEmpty() ? Check.urlOf(root, "REDIS_URL") : "");
    return Doctor.run(database, redis.isEmpty() ? null : redis);
  }

  private static void checkForm(String databaseUrl) {
    try {
      UrlConfigSource.database(databaseUrl);
    } catch (IllegalArgumentException e) {
      throw new StartException(String.valueOf(e.getMessage()));
    }
  }

  private static int serve(Path root) {
    // Quarkus's own hook would race the servers' end: the signal stops Quarkus, then we stop them.
    Signal.handle(new Signal("INT"), signal -> stop());
    Signal.handle(new Signal("TERM"), signal -> stop());
    try {
      checkPort("QUARKUS_HTTP_PORT", port("QUARKUS_HTTP_PORT", DEFAULT_PORT));
      checkSecretKey(setting("ORDINAUT_SECRET_KEY", ""));
      SettingsCheck.run();
      int postgresPort = port("ORDINAUT_POSTGRES_PORT", ANY_PORT);
      int redisPort = port("ORDINAUT_REDIS_PORT", ANY_PORT);
      try (DataDirectory data = DataDirectory.open(root);
          PostgresProcess postgres = PostgresProcess.start(data, postgresPort);
          RedisProcess redis = RedisProcess.start(data, redisPort);
          Watch watch = watch(postgres, redis)) {
        data.writeConnections(postgres.url(), redis.url());
        System.setProperty("DATABASE_URL", postgres.url());
        System.setProperty("REDIS_URL", redis.url());
        if (setting("ORDINAUT_SECRET_KEY", "").isEmpty()) {
          System.setProperty("ordinaut.secret.key", data.secretKey());
        }
        System.setProperty("ordinaut.data", data.root().toString());
        return services();
      }
    } catch (StartException e) {
      System.err.println(e.getMessage());
      return 1;
    } catch (IOException e) {
      System.err.println("The embedded servers did not stop cleanly: " + e.getMessage());
      return 1;
    }
  }

  /** What was said closest to the fault: the outer messages only say that something failed. */
  private static String reason(Throwable failure) {
    String reason = String.valueOf(failure.getMessage());
    for (Throwable at = failure.getCause(); at != null; at = at.getCause()) {
      reason = at.getMessage() == null ? reason : at.getMessage();
    }
    return reason;
  }

  private static int services() {
    AtomicBoolean failed = new AtomicBoolean();
    if (!STOPPING.get()) {
      Quarkus.run(
          Services.class,
          (status, failure) -> {
            if (failure != null) {
              System.err.println("Ordinaut could not start: " + reason(failure));
              failed.set(true);
            }
          });
    }
    return failed.get() || BROKEN.get() ? 1 : 0;
  }

  private static Watch watch(PostgresProcess postgres, RedisProcess redis) {
    return Watch.start(
        List.of(
            new Watch.Server("PostgreSQL", postgres.process()),
            new Watch.Server("Redis", redis.process())),
        Standalone::broken);
  }

  /** Without its servers it would only seem to run. */
  private static void broken(String server) {
    if (!STOPPING.getAndSet(true)) {
      System.err.println(
          "The embedded "
              + server
              + " has ended although nobody stopped it, and so does Ordinaut; start it again, and"
              + " it goes on where it was.");
      BROKEN.set(true);
      Quarkus.asyncExit(1);
    }
  }

  private static void stop() {
    STOPPING.set(true);
    Quarkus.asyncExit(0);
  }

  /** Before the servers start, which takes seconds. */
  private static void checkSecretKey(String keys) {
    try {
      var unused = new SecretBox(keys, new SecureRandom());
    } catch (SecretException e) {
      throw new StartException(String.valueOf(e.getMessage()));
    }
  }

  private static String setting(String name, String absent) {
    String property = name.toLowerCase(Locale.ROOT).replace('_', '.');
    String value = System.getProperty(property, System.getenv(name));
    return value == null || value.isBlank() ? absent : value;
  }

  private static int port(String name, String absent) {
    String value = setting(name, absent);
    if (!value.matches("\\d{1,5}") || Integer.parseInt(value) > 65_535) {
      throw new StartException(name + " must be a port number from 0 to 65535.");
    }
    return Integer.parseInt(value);
  }

  /**
   * Makes sure that a port is free.
   *
   * @throws StartException when it is not
   */
  static void checkPort(String name, int port) {
    if (port == 0) {
      return;
    }
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    } catch (IOException e) {
      throw new StartException(
          "Port "
              + port
              + " is in use; stop what listens there, or set "
              + name
              + " to another port.",
          e);
    }
  }

  /** Says where everything is and waits for the end. */
  static final class Services implements QuarkusApplication {
    private static final Duration GLANCE = Duration.ofMillis(20);

    private final SchemaGate schema;

    @Inject
    Services(Db db) {
      this.schema = new SchemaGate(db);
    }

    @Override
    public int run(String... args) throws InterruptedException {
      while (!schema.isOpen() && !STOPPING.get()) {
        Thread.sleep(GLANCE.toMillis());
      }
      if (STOPPING.get()) {
        return 0;
      }
      var config = ConfigProvider.getConfig();
      String api = "http://localhost:" + config.getValue("quarkus.http.port", Integer.class);
      System.out.println(
          String.join(
              System.lineSeparator(),
              "Ordinaut is ready.",
              "  API   " + api + "/v1/tasks",
              "  Docs  " + api + "/docs",
              "  Data  " + config.getValue("ordinaut.data", String.class),
              "Ctrl-C stops it."));
      Quarkus.waitForExit();
      return 0;
    }
  }
}

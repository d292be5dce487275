package io.ordinaut.tests.utils;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.util.Map;

/** Gives the application under test a database and a Redis database of its own. */
public final class BackendsResource implements QuarkusTestResourceLifecycleManager {
  @Override
  public Map<String, String> start() {
    String database = suite("newDatabase");
    String credentials = database.substring("postgresql://".length(), database.indexOf('@'));
    String rest = database.substring(database.indexOf('@') + 1);
    return Map.of(
        "quarkus.datasource.username",
        credentials.split(":")[0],
        "quarkus.datasource.password",
        credentials.split(":")[1],
        "quarkus.datasource.reactive.url",
        "postgresql://" + rest,
        "quarkus.datasource.jdbc.url",
        "jdbc:postgresql://" + rest,
        "quarkus.redis.hosts",
        suite("newRedis"),
        "test.database.url",
        database);
  }

  /**
   * Quarkus loads this class once more, with a loader of its own; the suite's backends are not its.
   */
  private static String suite(String maker) {
    try {
      return (String)
          ClassLoader.getSystemClassLoader()
              .loadClass(Backends.class.getName())
              .getMethod(maker)
              .invoke(null);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("The backends of the suite can't be reached.", e);
    }
  }

  @Override
  public void stop() {
    // The backends serve the whole suite and end with it.
  }
}

package io.ordinaut.service;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.jspecify.annotations.Nullable;

/**
 * Turns {@code DATABASE_URL} and {@code REDIS_URL}, the two names everybody knows, into what
 * Quarkus reads. Quarkus's own names in the environment win.
 */
public final class UrlConfigSource implements ConfigSource {
  /** Below the environment (300), above application.properties (250). */
  private static final int ORDINAL = 290;

  /** By hand: java.net.URI knows no host with an underscore, which container networks do. */
  private static final Pattern DATABASE =
      Pattern.compile(
          "postgres(?:ql)?://(?:([^:@/]*)(?::([^@/]*))?@)?([A-Za-z0-9._\\[\\]:-]+/[^/?#\\s]+(?:\\?\\S*)?)");

  private final Map<String, String> properties;

  /** Reads the environment; a system property of the same name wins. */
  public UrlConfigSource() {
    this(setting("DATABASE_URL"), setting("REDIS_URL"));
  }

  UrlConfigSource(@Nullable String databaseUrl, @Nullable String redisUrl) {
    Map<String, String> all = new HashMap<>();
    if (databaseUrl != null) {
      all.putAll(database(databaseUrl));
    }
    if (redisUrl != null) {
      all.put("quarkus.redis.hosts", redisUrl);
    }
    this.properties = Map.copyOf(all);
  }

  private static @Nullable String setting(String name) {
    String value = System.getProperty(name, System.getenv(name));
    return value == null || value.isBlank() ? null : value.strip();
  }

  /**
   * Takes a URL apart, so that the password stands in no URL that may be logged.
   *
   * @throws IllegalArgumentException with a sentence when it is not of the form
   */
  public static Map<String, String> database(String url) {
    Matcher parts = DATABASE.matcher(url);
    if (!parts.matches()) {
      throw malformed();
    }
    Map<String, String> all = new HashMap<>();
    all.put("quarkus.datasource.reactive.url", "postgresql://" + parts.group(3));
    all.put("quarkus.datasource.jdbc.url", "jdbc:postgresql://" + parts.group(3));
    if (parts.group(1) != null) {
      all.put("quarkus.datasource.username", decoded(parts.group(1)));
    }
    if (parts.group(2) != null) {
      all.put("quarkus.datasource.password", decoded(parts.group(2)));
    }
    return all;
  }

  private static IllegalArgumentException malformed() {
    return new IllegalArgumentException(
        "DATABASE_URL must be of the form postgresql://user:password@host:5432/database.");
  }

  private static String decoded(String part) {
    return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  @Override
  public int getOrdinal() {
    return ORDINAL;
  }

  @Override
  public Set<String> getPropertyNames() {
    return properties.keySet();
  }

  @Override
  public @Nullable String getValue(String name) {
    return properties.get(name);
  }

  @Override
  public String getName() {
    return "DATABASE_URL and REDIS_URL";
  }
}

package io.ordinaut.tests.utils;

import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.store.Db;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import io.vertx.sqlclient.Tuple;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * A secret whose song is heard wherever it gets out: in a table, a log, an answer or Redis. Its
 * middle survives every way of writing it but base64, of which the song knows all three beats.
 */
public final class Canary implements AutoCloseable {
  private final String core;
  private final String value;
  private final List<String> songs = new ArrayList<>();
  private final List<String> heard = new ArrayList<>();
  private final Handler ear = new Ear();

  /** A new one, listening to the log from now on. */
  public Canary() {
    core = UUID.randomUUID().toString().replace("-", "");
    value = "é <" + core + "> & \"/+' %41";
    songs.add(core);
    for (int before = 0; before < 3; before++) {
      String text = "x".repeat(before) + core;
      String encoded =
          Base64.getEncoder()
              .withoutPadding()
              .encodeToString(text.getBytes(StandardCharsets.UTF_8));
      songs.add(encoded.substring(4, encoded.length() - 4));
    }
    Logger.getLogger("").addHandler(ear);
  }

  /** The secret. */
  public String value() {
    return value;
  }

  /** Its middle, for places that take no more than letters and digits. */
  public String core() {
    return core;
  }

  /** Holds a text against the song. */
  public void assertNotIn(String where, String text) {
    for (String song : songs) {
      assertThat(text.contains(song)).as("%s holds %s", where, song).isFalse();
    }
  }

  /** Looks at every column of every table that can hold text. */
  public void assertInNoTable(Db db) {
    record Column(String table, String name, String type) {}
    List<Column> columns =
        db.query(
            """
            SELECT c.table_name, c.column_name, c.data_type
            FROM information_schema.columns c
            JOIN information_schema.tables t USING (table_schema, table_name)
            WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
              AND c.data_type IN ('text', 'jsonb', 'json', 'bytea', 'character varying', 'ARRAY')""",
            Tuple.tuple(),
            row -> new Column(row.getString(0), row.getString(1), row.getString(2)));
    assertThat(columns).hasSizeGreaterThan(50);
    for (Column column : columns) {
      String text =
          column.type.equals("bytea")
              ? "encode(%s, 'escape')".formatted(column.name)
              : "\"%s\"::text".formatted(column.name);
      for (String song : songs) {
        long found =
            db.query(
                    "SELECT count(*) FROM \"%s\" WHERE position($1 IN %s) > 0"
                        .formatted(column.table, text),
                    Tuple.of(song),
                    row -> row.getLong(0))
                .get(0);
        assertThat(found).as("%s.%s holds %s", column.table, column.name, song).isZero();
      }
    }
  }

  /** Looks at every key of a Redis database and at what it holds. */
  public void assertNotIn(Redis redis) {
    for (Response key : send(redis, Request.cmd(Command.KEYS).arg("*"))) {
      assertNotIn("Redis", key.toString());
      String type = send(redis, Request.cmd(Command.TYPE).arg(key.toString())).toString();
      Request read =
          type.equals("stream")
              ? Request.cmd(Command.XRANGE).arg(key.toString()).arg("-").arg("+")
              : Request.cmd(Command.GET).arg(key.toString());
      assertNotIn("Redis " + key, String.valueOf(send(redis, read)));
    }
  }

  private static Response send(Redis redis, Request request) {
    return redis.send(request).toCompletionStage().toCompletableFuture().join();
  }

  /** Holds what was logged meanwhile against the song. */
  public void assertNotLogged() {
    synchronized (heard) {
      heard.forEach(line -> assertNotIn("the log", line));
    }
  }

  @Override
  public void close() {
    Logger.getLogger("").removeHandler(ear);
  }

  /** Takes down every message with its arguments and the stack traces behind it. */
  private final class Ear extends Handler {
    Ear() {
      setLevel(Level.ALL);
    }

    @Override
    public void publish(LogRecord record) {
      StringBuilder line = new StringBuilder(String.valueOf(record.getMessage()));
      if (record.getParameters() != null) {
        for (Object parameter : record.getParameters()) {
          line.append(' ').append(parameter);
        }
      }
      for (Throwable t = record.getThrown(); t != null; t = t.getCause()) {
        line.append(' ').append(t);
      }
      synchronized (heard) {
        heard.add(line.toString());
      }
    }

    @Override
    public void flush() {
      // Nothing waits.
    }

    @Override
    public void close() {
      // Nothing to give back.
    }
  }
}

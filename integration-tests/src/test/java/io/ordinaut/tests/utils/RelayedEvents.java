package io.ordinaut.tests.utils;

import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.stream.EventStream;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/** What those who read events in Redis find there. */
public final class RelayedEvents {
  private final Harness db;

  /** Of the Redis of a test. */
  public RelayedEvents(Harness db) {
    this.db = db;
  }

  /** Asks Redis. */
  public Response send(Command command, Object... arguments) {
    Request request = Request.cmd(command);
    for (Object argument : arguments) {
      request.arg(argument.toString());
    }
    return db.redis().send(request).toCompletionStage().toCompletableFuture().join();
  }

  /** The ids of a stream's entries, in their order. */
  public List<String> idsIn(String stream) {
    List<String> ids = new ArrayList<>();
    send(Command.XRANGE, stream, "-", "+").forEach(entry -> ids.add(entry.get(0).toString()));
    return ids;
  }

  /** The ids of the entries in the stream itself. */
  public List<String> ids() {
    return idsIn(EventStream.KEY);
  }

  /** The ids of the events of these positions. */
  public static List<String> positions(long first, long last) {
    return LongStream.rangeClosed(first, last).mapToObj(i -> i + "-0").toList();
  }

  /** Dispatches and relays until nothing waits. */
  public void relayAll() {
    new Events(db).dispatchAll();
    while (db.relay().once() > 0) {
      assertThat(Thread.interrupted()).isFalse();
    }
  }

  /** That many events, of topics many.1 and so on. */
  public void publish(int count) {
    db.execute(
        """
        INSERT INTO event (topic, occurred_at)
        SELECT 'many.' || i, now() + i * interval '1 microsecond' FROM generate_series(1, $1) i""",
        count);
  }

  /** The names of the streams that were set aside. */
  public List<String> aside() {
    List<String> names = new ArrayList<>();
    send(Command.KEYS, EventStream.KEY + ":*").forEach(name -> names.add(name.toString()));
    return names;
  }
}

package io.ordinaut.stream;

import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The stream {@code ordinaut:events} for those who read events from Redis. Ids are positions, so
 * that nothing is in it twice, whoever writes.
 */
public final class EventStream implements AutoCloseable {
  /** Its key. */
  public static final String KEY = "ordinaut:events";

  private final Redis redis;
  private final Duration deadline;

  /**
   * @param redis the client
   * @param deadline for an answer
   */
  public EventStream(Redis redis, Duration deadline) {
    this.redis = redis;
    this.deadline = deadline;
  }

  /** With a client of its own, for the Redis of the given URL; to be closed. */
  public static EventStream at(Vertx vertx, String url, Duration deadline) {
    return new EventStream(Redis.createClient(vertx, url), deadline);
  }

  /**
   * Where the stream ends; empty when there is none.
   *
   * @throws StreamException when Redis can't be asked
   */
  public Optional<StreamEnd> end() {
    Response info;
    try {
      info = Answer.await(redis.send(Request.cmd(Command.XINFO).arg("STREAM").arg(KEY)), deadline);
    } catch (StreamException e) {
      if (String.valueOf(e.getMessage()).contains("no such key")) {
        return Optional.empty();
      }
      throw e;
    }
    Response lastId = info == null ? null : info.get("last-generated-id");
    if (lastId == null) {
      return Optional.empty();
    }
    String last = lastId.toString();
    return Optional.of(StreamEnd.of(last, eventId(info.get("last-entry"), last)));
  }

  /** The last entry that is left may be another than the last that was added. */
  private static @Nullable String eventId(@Nullable Response entry, String id) {
    if (entry == null || entry.size() < 2 || !entry.get(0).toString().equals(id)) {
      return null;
    }
    Response fields = entry.get(1);
    for (int i = 0; i + 1 < fields.size(); i += 2) {
      if (fields.get(i).toString().equals("id")) {
        return fields.get(i + 1).toString();
      }
    }
    return "";
  }

  /**
   * Adds events, sent together and in the order given.
   *
   * @param longest how many entries the stream keeps, about
   * @throws StreamException when not all of them were added; the first few of them may have been
   */
  public void append(List<StreamEntry> entries, int longest) {
    List<Request> adds = entries.stream().map(entry -> add(entry, longest)).toList();
    Answer.await(redis.batch(adds), deadline);
  }

  private static Request add(StreamEntry entry, int longest) {
    return Request.cmd(Command.XADD)
        .arg(KEY)
        .arg("MAXLEN")
        .arg("~")
        .arg(longest)
        .arg(entry.position() + "-0")
        .arg("id")
        .arg(entry.id().toString())
        .arg("topic")
        .arg(entry.topic())
        .arg("source")
        .arg(orEmpty(entry.source()))
        .arg("payload")
        .arg(entry.payload())
        .arg("occurred_at")
        .arg(entry.occurredAt().toString())
        .arg("traceparent")
        .arg(orEmpty(entry.traceparent()));
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }

  /**
   * Gives the stream another name, so that a new one can begin.
   *
   * @param name behind the stream's own and a colon
   * @return its name from now on
   * @throws StreamException when Redis can't be asked
   */
  public String setAside(String name) {
    String aside = KEY + ":" + name;
    Answer.await(redis.send(Request.cmd(Command.RENAME).arg(KEY).arg(aside)), deadline);
    return aside;
  }

  /** Closes the client. */
  @Override
  public void close() {
    redis.close();
  }
}

package io.ordinaut.stream;

import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.ResponseType;
import java.time.Duration;
import java.util.ArrayList;
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

  private static final String NOTHING_ADDED = "0-0";

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
   * Where the stream ends; empty when there is none, or nothing was ever added to it.
   *
   * @throws StreamException when Redis can't be asked
   */
  public Optional<StreamEnd> end() {
    Response info;
    try {
      info = Answer.await(redis.send(Request.cmd(Command.XINFO).arg("STREAM").arg(KEY)), deadline);
    } catch (StreamException e) {
      String message = String.valueOf(e.getMessage());
      if (message.contains("no such key")) {
        return Optional.empty();
      }
      if (message.contains("WRONGTYPE")) {
        return Optional.of(StreamEnd.FOREIGN);
      }
      throw e;
    }
    Response lastId = info == null ? null : info.get("last-generated-id");
    // A consumer that makes its group before the first entry makes the stream with it.
    if (lastId == null || lastId.toString().equals(NOTHING_ADDED)) {
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
   * Adds events in the order given, all or none: behind one that was added, no earlier one finds a
   * place any more.
   *
   * @param longest how many entries the stream keeps, about
   * @throws StreamException when Redis can't be asked, or refuses one, such as for want of memory;
   *     of those that the stream is past already, the others are added all the same
   */
  public void append(List<StreamEntry> entries, int longest) {
    List<Request> transaction = new ArrayList<>();
    transaction.add(Request.cmd(Command.MULTI));
    entries.forEach(entry -> transaction.add(add(entry, longest)));
    transaction.add(Request.cmd(Command.EXEC));
    List<Response> answers = Answer.await(redis.batch(transaction), deadline);
    for (Response added : answers.get(answers.size() - 1)) {
      if (added.type() == ResponseType.ERROR) {
        throw new StreamException(added.toString());
      }
    }
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
   * Gives what is there another name, so that a new stream can begin.
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

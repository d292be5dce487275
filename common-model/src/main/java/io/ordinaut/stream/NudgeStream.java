package io.ordinaut.stream;

import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Nudges over Redis Streams: "look now, there may be work". They carry nothing and may be lost; who
 * waits for them polls as well.
 */
public final class NudgeStream {
  /** Tells schedulers that a task or a signal may be due. */
  public static final String SCHEDULE = "ordinaut:schedule";

  /** Tells workers that work may be due. */
  public static final String WORK = "ordinaut:work";

  private static final Logger LOG = Logger.getLogger(NudgeStream.class);
  private static final String MAX_LENGTH = "1000";
  private static final String CONSUMER = "any";

  private final Redis redis;
  private final Duration deadline;
  private final Map<String, AtomicInteger> sending = new ConcurrentHashMap<>();
  private volatile boolean reachable = true;

  /**
   * @param redis the client
   * @param deadline for an answer, the time a reader blocks not counted
   */
  public NudgeStream(Redis redis, Duration deadline) {
    this.redis = redis;
    this.deadline = deadline;
  }

  /** Whether the last call was answered. */
  public boolean isReachable() {
    return reachable;
  }

  /**
   * How long at the most whoever is nudged may sleep.
   *
   * @param nudged when nudges arrive; without them it is about half, so that work which passes two
   *     sleepers on its way is not late by two whole sleeps
   */
  public Duration longestSleep(Duration nudged) {
    if (reachable) {
      return nudged;
    }
    // By chance less, so that those who lost Redis together do not go on asking together.
    long half = nudged.toNanos() / 2;
    return Duration.ofNanos(half - ThreadLocalRandom.current().nextLong(half / 10 + 1));
  }

  /**
   * Sends a nudge and returns at once. While one is on its way, all further ones become a single
   * one that follows it.
   */
  public void send(String stream) {
    AtomicInteger wanted = sending.computeIfAbsent(stream, s -> new AtomicInteger());
    if (wanted.getAndIncrement() == 0) {
      sendNow(stream, wanted);
    }
  }

  private void sendNow(String stream, AtomicInteger wanted) {
    int covered = wanted.get();
    Request add =
        Request.cmd(Command.XADD)
            .arg(stream)
            .arg("MAXLEN")
            .arg("~")
            .arg(MAX_LENGTH)
            .arg("*")
            .arg("look")
            .arg("now");
    redis
        .send(add)
        .toCompletionStage()
        .toCompletableFuture()
        .orTimeout(deadline.toMillis(), TimeUnit.MILLISECONDS)
        .whenComplete(
            (answer, failure) -> {
              note(failure);
              if (wanted.addAndGet(-covered) > 0) {
                sendNow(stream, wanted);
              }
            });
  }

  /**
   * Waits for a nudge. Each is given to one reader of the group only.
   *
   * @param longest how long to block; a FLUSHALL does not wake a blocked reader, so keep it short
   * @return whether there was one
   * @throws StreamException when Redis can't be asked
   */
  public boolean await(String stream, String group, Duration longest) {
    try {
      return !isEmpty(call(read(stream, group, longest), longest.plus(deadline)));
    } catch (StreamException e) {
      if (!String.valueOf(e.getMessage()).contains("NOGROUP")) {
        throw e;
      }
      createGroup(stream, group);
      // What was sent before the group was there is not seen by it: look once.
      return true;
    }
  }

  private static Request read(String stream, String group, Duration longest) {
    // NOACK: a nudge that its reader loses is made good by polling. One consumer name for all, so
    // that dead readers leave nothing behind.
    return Request.cmd(Command.XREADGROUP)
        .arg("GROUP")
        .arg(group)
        .arg(CONSUMER)
        .arg("COUNT")
        .arg("100")
        .arg("BLOCK")
        .arg(Long.toString(Math.max(1, longest.toMillis())))
        .arg("NOACK")
        .arg("STREAMS")
        .arg(stream)
        .arg(">");
  }

  private void createGroup(String stream, String group) {
    Request create =
        Request.cmd(Command.XGROUP).arg("CREATE").arg(stream).arg(group).arg("$").arg("MKSTREAM");
    try {
      call(create, deadline);
    } catch (StreamException e) {
      if (!String.valueOf(e.getMessage()).contains("BUSYGROUP")) {
        throw e;
      }
    }
  }

  private static boolean isEmpty(@Nullable Response response) {
    return response == null || response.size() == 0;
  }

  private @Nullable Response call(Request request, Duration longest) {
    try {
      Response response = Answer.await(redis.send(request), longest);
      note(null);
      return response;
    } catch (StreamException e) {
      if (!Thread.currentThread().isInterrupted()) {
        note(isAnswer(e) ? null : e);
      }
      throw e;
    }
  }

  private static boolean isAnswer(StreamException e) {
    String message = String.valueOf(e.getMessage());
    return message.startsWith("NOGROUP") || message.startsWith("BUSYGROUP");
  }

  private void note(@Nullable Throwable failure) {
    boolean was = reachable;
    reachable = failure == null;
    if (was && !reachable) {
      LOG.warn("Redis can't be reached; work is found by polling until it is back.");
    } else if (!was && reachable) {
      LOG.info("Redis is back.");
    }
  }
}

package io.ordinaut.tests.external;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ordinaut.stream.NudgeStream;
import io.ordinaut.tests.utils.Backends;
import io.ordinaut.tests.utils.BestOfThree;
import io.ordinaut.tests.utils.Fixtures;
import io.ordinaut.tests.utils.Harness;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.sqlclient.Row;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.function.Supplier;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import redis.embedded.RedisServer;

/** Redis hurries; whatever becomes of it, the work is done. It is this test's own Redis. */
@Order(2)
class RedisOutageTest {
  /** How long Redis is away at least, such as PT60S. */
  private static final Duration OUTAGE =
      Duration.parse(System.getProperty("ordinaut.outage.redis", "PT0S"));

  private static final Duration SECOND = Duration.ofSeconds(1);

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** How late the run of a task begins. */
  private static Duration lateness(Harness db, UUID task) {
    await()
        .atMost(PATIENCE)
        .until(() -> db.count("SELECT count(*) FROM task_run WHERE task_id = $1", task) == 1);
    Row row =
        db.query(
                """
                SELECT extract(epoch FROM r.started_at - greatest(t.created_at, t.next_run,
                  t.last_run))::float8
                FROM task_run r JOIN task t ON t.id = r.task_id WHERE t.id = $1""",
                task)
            .get(0);
    return Duration.ofMillis(Math.round(row.getDouble(0) * 1_000));
  }

  private static void assertWithin(Duration longest, Harness db, Supplier<UUID> task)
      throws Exception {
    assertThat(BestOfThree.of(longest, () -> lateness(db, task.get()))).isLessThan(longest);
  }

  private static UUID dueNow(Harness db) {
    return Fixtures.createTestTask(db, "due now", 0);
  }

  @Test
  void work_is_done_without_redis_and_hurried_again_with_it() throws Exception {
    int port = Backends.freePort();
    RedisServer redis = Backends.redisServer(port);
    redis.start();
    try (Harness db = new Harness(Backends.newDatabase(), "redis://127.0.0.1:" + port)) {
      db.scheduler();
      db.runningWorker();
      lateness(db, dueNow(db));

      await().atMost(PATIENCE).until(() -> db.nudges().longestSleep(SECOND).equals(SECOND));
      redis.stop();
      assertWithin(Duration.ofMillis(1_500), db, () -> dueNow(db));
      await()
          .atMost(PATIENCE)
          .until(() -> db.nudges().longestSleep(SECOND).compareTo(SECOND.dividedBy(2)) <= 0);
      Instant back = Instant.now().plus(OUTAGE);
      do {
        assertWithin(
            Duration.ofMillis(1_500), db, () -> Fixtures.createTestTask(db, "later", 1_500));
      } while (Instant.now().isBefore(back));
      assertThat(db.count("SELECT count(*) FROM task WHERE status <> 'completed'")).isZero();

      redis = Backends.redisServer(port);
      redis.start();
      await()
          .atMost(PATIENCE)
          .until(
              () -> {
                UUID task = dueNow(db);
                db.nudges().send(NudgeStream.SCHEDULE);
                return lateness(db, task).toMillis() < 200;
              });
    } finally {
      redis.stop();
    }
  }

  @Test
  void a_flush_under_running_services_does_no_harm() throws Exception {
    int port = Backends.freePort();
    RedisServer redis = Backends.redisServer(port);
    redis.start();
    Vertx vertx = Vertx.vertx();
    Redis client = Redis.createClient(vertx, "redis://127.0.0.1:" + port);
    try (Harness db = new Harness(Backends.newDatabase(), "redis://127.0.0.1:" + port)) {
      db.scheduler();
      db.runningWorker();
      lateness(db, dueNow(db));
      client.send(Request.cmd(Command.FLUSHALL)).toCompletionStage().toCompletableFuture().get();
      assertWithin(Duration.ofSeconds(2), db, () -> dueNow(db));
      await()
          .atMost(PATIENCE)
          .until(
              () -> {
                UUID task = dueNow(db);
                db.nudges().send(NudgeStream.SCHEDULE);
                return lateness(db, task).toMillis() < 200;
              });
    } finally {
      client.close();
      vertx.close();
      redis.stop();
    }
  }
}

package io.ordinaut.tests.external;

import static io.ordinaut.tests.utils.RelayedEvents.positions;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.ordinaut.scheduler.loop.SchedulerConfig;
import io.ordinaut.scheduler.loop.SchedulerLoop;
import io.ordinaut.stream.StreamException;
import io.ordinaut.tests.utils.Backends;
import io.ordinaut.tests.utils.Events;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.tests.utils.RelayedEvents;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import redis.embedded.RedisServer;

/** Events on their way to a Redis that is full, or away. */
class RelayOutageTest {
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  /** There is room for the small ones before and behind it, not for the large one. */
  @Test
  void a_batch_that_redis_refuses_in_part_is_relayed_whole_later() throws Exception {
    int port = Backends.freePort();
    RedisServer redis = Backends.redisServer(port);
    redis.start();
    String url = Backends.newDatabase();
    int large = 900_000;
    try (Harness own = new Harness(url, "redis://127.0.0.1:" + port)) {
      RelayedEvents stream = new RelayedEvents(own);
      Events published = new Events(own);
      published.publish("small");
      published.publish("large", new JsonObject().put("text", "x".repeat(large)));
      published.publish("small");
      published.dispatchAll();
      stream.send(Command.CONFIG, "SET", "maxmemory", usedMemory(stream) + large * 3L / 2);
      assertThatThrownBy(() -> own.relay().once())
          .isInstanceOf(StreamException.class)
          .hasMessageContaining("OOM")
          .hasMessageNotContaining("\n");
      stream.send(Command.CONFIG, "SET", "maxmemory", 0);
      stream.relayAll();
      assertThat(stream.ids()).isEqualTo(positions(1, 3));
    } finally {
      redis.stop();
      Backends.drop(url);
    }
  }

  private static long usedMemory(RelayedEvents stream) {
    return stream
        .send(Command.INFO, "memory")
        .toString()
        .lines()
        .filter(line -> line.startsWith("used_memory:"))
        .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(':') + 1)))
        .sum();
  }

  @Test
  void events_wait_while_redis_is_away_and_come_in_order_when_it_is_back() throws Exception {
    int port = Backends.freePort();
    RedisServer redis = Backends.redisServer(port);
    redis.start();
    String url = Backends.newDatabase();
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    try (Harness own = new Harness(url, "redis://127.0.0.1:" + port);
        SchedulerLoop loop =
            new SchedulerLoop(config(), own.db(), own.nudges(), own.events(), meters)) {
      RelayedEvents stream = new RelayedEvents(own);
      loop.start();
      stream.publish(3);
      await().atMost(PATIENCE).untilAsserted(() -> assertThat(stream.ids()).hasSize(3));

      redis.stop();
      stream.publish(300);
      await().atMost(PATIENCE).until(() -> own.count("SELECT position FROM event_horizon") == 303);
      // While the loop is at it, another relay finds nothing to do.
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThatThrownBy(() -> own.relay().once()).isInstanceOf(StreamException.class));
      await().atMost(PATIENCE).until(() -> lag(meters) > 1);

      redis = Backends.redisServer(port);
      redis.start();
      await()
          .atMost(PATIENCE)
          .ignoreExceptions()
          .untilAsserted(() -> assertThat(stream.ids()).isEqualTo(positions(4, 303)));
      await().atMost(PATIENCE).until(() -> lag(meters) == 0);
    } finally {
      redis.stop();
      Backends.drop(url);
    }
  }

  private static double lag(SimpleMeterRegistry meters) {
    return meters.get("ordinaut_event_relay_lag_seconds").gauge().value();
  }

  private static SchedulerConfig config() {
    return new SmallRyeConfigBuilder()
        .withMapping(SchedulerConfig.class)
        .build()
        .getConfigMapping(SchedulerConfig.class);
  }
}

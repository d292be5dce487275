package io.ordinaut.tests.external;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.ordinaut.scheduler.loop.SchedulerConfig;
import io.ordinaut.scheduler.loop.SchedulerLoop;
import io.ordinaut.scheduler.relay.Relay;
import io.ordinaut.stream.EventStream;
import io.ordinaut.stream.StreamEntry;
import io.ordinaut.stream.StreamException;
import io.ordinaut.tests.utils.Backends;
import io.ordinaut.tests.utils.Events;
import io.ordinaut.tests.utils.Harness;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import redis.embedded.RedisServer;

/** Events in Redis, for those who read them there: in order, none missing, none twice. */
class EventRelayTest {
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  @AutoClose private final Harness db = new Harness();
  private final Events events = new Events(db);

  private static Response send(Harness db, Command command, Object... arguments) {
    Request request = Request.cmd(command);
    for (Object argument : arguments) {
      request.arg(argument.toString());
    }
    return db.redis().send(request).toCompletionStage().toCompletableFuture().join();
  }

  /** The ids of a stream's entries, in their order. */
  private static List<String> idsIn(Harness db, String stream) {
    List<String> ids = new ArrayList<>();
    send(db, Command.XRANGE, stream, "-", "+").forEach(entry -> ids.add(entry.get(0).toString()));
    return ids;
  }

  private static List<String> ids(Harness db) {
    return idsIn(db, EventStream.KEY);
  }

  private static List<String> positions(long first, long last) {
    return LongStream.rangeClosed(first, last).mapToObj(i -> i + "-0").toList();
  }

  private static Map<String, String> fields(Response entry) {
    Map<String, String> fields = new TreeMap<>();
    for (int i = 0; i < entry.get(1).size(); i += 2) {
      fields.put(entry.get(1).get(i).toString(), entry.get(1).get(i + 1).toString());
    }
    return fields;
  }

  private static void relayAll(Harness db) {
    new Events(db).dispatchAll();
    while (db.relay().once() > 0) {
      assertThat(Thread.interrupted()).isFalse();
    }
  }

  private static void publish(Harness db, int count) {
    db.execute(
        """
        INSERT INTO event (topic, occurred_at)
        SELECT 'many.' || i, now() + i * interval '1 microsecond' FROM generate_series(1, $1) i""",
        count);
  }

  private long remembered() {
    return db.count("SELECT position FROM event_relay");
  }

  @Test
  void rows_that_somebody_emptied_are_made_anew_and_nothing_is_relayed_twice() {
    for (String table : List.of("event_horizon", "event_relay", "event_horizon, event_relay")) {
      events.publish("a");
      relayAll(db);
      db.execute("TRUNCATE brake, zone_data, " + table);
    }
    events.publish("a");
    relayAll(db);
    assertThat(ids(db)).isEqualTo(positions(1, 4));
    assertThat(db.count("SELECT position FROM event_relay")).isEqualTo(4);
  }

  @Test
  void an_event_is_relayed_with_all_that_it_says() {
    UUID id = events.publish("order.created", new JsonObject().put("total", 3));
    relayAll(db);
    Map<String, String> said =
        fields(send(db, Command.XRANGE, EventStream.KEY, "1-0", "1-0").get(0));
    assertThat(said)
        .containsEntry("id", id.toString())
        .containsEntry("topic", "order.created")
        .containsEntry("source", "test")
        .containsEntry("payload", "{\"total\": 3}")
        .containsEntry("traceparent", "")
        .containsOnlyKeys("id", "topic", "source", "payload", "occurred_at", "traceparent");
    assertThat(said.get("occurred_at")).endsWith("Z");
  }

  @Test
  void more_than_a_batch_is_relayed_in_order() {
    publish(db, 450);
    relayAll(db);
    assertThat(ids(db)).isEqualTo(positions(1, 450));
    assertThat(remembered()).isEqualTo(450);
  }

  @Test
  void large_events_go_in_small_batches() {
    JsonObject large = new JsonObject().put("text", "x".repeat(900_000));
    for (int i = 0; i < 8; i++) {
      events.publish("large", large);
    }
    events.dispatchAll();
    assertThat(db.relay().once()).isLessThan(8);
    relayAll(db);
    assertThat(ids(db)).isEqualTo(positions(1, 8));
  }

  @Test
  void the_stream_is_trimmed() {
    publish(db, 1_000);
    events.dispatchAll();
    Relay relay = new Relay(db.db(), db.events(), 100, InstantSource.system());
    while (relay.once() > 0) {
      assertThat(Thread.interrupted()).isFalse();
    }
    assertThat(ids(db)).hasSizeBetween(100, 300).endsWith("1000-0");
  }

  @Test
  void what_was_relayed_and_not_remembered_is_not_relayed_again() {
    publish(db, 10);
    relayAll(db);
    db.execute("UPDATE event_relay SET position = 4");
    publish(db, 1);
    relayAll(db);
    assertThat(ids(db)).isEqualTo(positions(1, 11));
    assertThat(remembered()).isEqualTo(11);
  }

  @Test
  void relays_at_once_give_no_double_and_no_gap() {
    publish(db, 2_000);
    events.dispatchAll();
    List<CompletableFuture<Void>> relays = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      relays.add(
          CompletableFuture.runAsync(
              () -> {
                Relay relay = db.relay();
                while (remembered() < 2_000) {
                  relay.once();
                }
              }));
    }
    relays.forEach(CompletableFuture::join);
    assertThat(ids(db)).isEqualTo(positions(1, 2_000));
  }

  @Test
  void redis_itself_refuses_what_is_there_already() {
    db.events().append(List.of(entry(1), entry(2)), 100);
    assertThatThrownBy(() -> db.events().append(List.of(entry(2), entry(3)), 100))
        .isInstanceOf(StreamException.class);
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(ids(db)).isEqualTo(positions(1, 3)));
  }

  private static StreamEntry entry(long position) {
    return new StreamEntry(position, UUID.randomUUID(), "a.topic", null, "{}", Instant.EPOCH, null);
  }

  @Test
  void a_stream_that_is_lost_begins_anew_where_it_ended() {
    publish(db, 5);
    relayAll(db);
    send(db, Command.FLUSHDB);
    publish(db, 3);
    relayAll(db);
    assertThat(ids(db)).isEqualTo(positions(6, 8));
  }

  @Test
  void a_lost_stream_that_a_consumer_has_begun_goes_on_where_it_ended_too() {
    publish(db, 5);
    relayAll(db);
    send(db, Command.FLUSHDB);
    send(db, Command.XGROUP, "CREATE", EventStream.KEY, "readers", "$", "MKSTREAM");
    publish(db, 3);
    relayAll(db);
    assertThat(ids(db)).isEqualTo(positions(6, 8));
    assertThat(send(db, Command.XINFO, "GROUPS", EventStream.KEY).size()).isEqualTo(1);
  }

  @Test
  void a_key_of_another_type_is_set_aside() {
    send(db, Command.SET, EventStream.KEY, "by hand");
    publish(db, 2);
    relayAll(db);
    assertThat(ids(db)).isEqualTo(positions(1, 2));
    assertThat(send(db, Command.GET, aside().get(0))).hasToString("by hand");
  }

  /** There is room for the small ones before and behind it, not for the large one. */
  @Test
  void a_batch_that_redis_refuses_in_part_is_relayed_whole_later() throws Exception {
    int port = Backends.freePort();
    RedisServer redis = Backends.redisServer(port);
    redis.start();
    String url = Backends.newDatabase();
    int large = 900_000;
    try (Harness own = new Harness(url, "redis://127.0.0.1:" + port)) {
      Events published = new Events(own);
      published.publish("small");
      published.publish("large", new JsonObject().put("text", "x".repeat(large)));
      published.publish("small");
      published.dispatchAll();
      send(own, Command.CONFIG, "SET", "maxmemory", usedMemory(own) + large * 3L / 2);
      assertThatThrownBy(() -> own.relay().once())
          .isInstanceOf(StreamException.class)
          .hasMessageContaining("OOM")
          .hasMessageNotContaining("\n");
      send(own, Command.CONFIG, "SET", "maxmemory", 0);
      relayAll(own);
      assertThat(ids(own)).isEqualTo(positions(1, 3));
    } finally {
      redis.stop();
      Backends.drop(url);
    }
  }

  private static long usedMemory(Harness db) {
    return send(db, Command.INFO, "memory")
        .toString()
        .lines()
        .filter(line -> line.startsWith("used_memory:"))
        .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(':') + 1)))
        .sum();
  }

  @Test
  void entries_that_redis_lost_are_relayed_again() {
    publish(db, 3);
    relayAll(db);
    byte[] old = send(db, Command.DUMP, EventStream.KEY).toBytes();
    publish(db, 3);
    relayAll(db);
    db.redis()
        .send(Request.cmd(Command.RESTORE).arg(EventStream.KEY).arg("0").arg(old).arg("REPLACE"))
        .toCompletionStage()
        .toCompletableFuture()
        .join();
    assertThat(ids(db)).isEqualTo(positions(1, 3));
    publish(db, 1);
    relayAll(db);
    assertThat(ids(db)).isEqualTo(positions(1, 7));
  }

  @Test
  void a_stream_of_another_history_is_set_aside() {
    send(db, Command.XADD, EventStream.KEY, "900-0", "id", UUID.randomUUID());
    publish(db, 2);
    relayAll(db);
    assertThat(ids(db)).isEqualTo(positions(1, 2));
    assertThat(aside()).hasSize(1);
    assertThat(idsIn(db, aside().get(0))).containsExactly("900-0");
  }

  @Test
  void a_stream_that_a_restored_database_has_overtaken_is_set_aside_too() {
    publish(db, 4);
    relayAll(db);
    db.execute("DELETE FROM event");
    db.execute("UPDATE event_horizon SET position = 2");
    db.execute("UPDATE event_relay SET position = 2");
    publish(db, 5);
    relayAll(db);
    assertThat(ids(db)).isEqualTo(positions(3, 7));
    assertThat(idsIn(db, aside().get(0))).isEqualTo(positions(1, 4));
  }

  @Test
  void what_others_write_into_the_stream_is_set_aside() {
    publish(db, 2);
    relayAll(db);
    send(db, Command.XADD, EventStream.KEY, "*", "by", "hand");
    publish(db, 2);
    relayAll(db);
    assertThat(ids(db)).isEqualTo(positions(3, 4));
    assertThat(idsIn(db, aside().get(0))).hasSize(3);
  }

  @Test
  void what_others_write_under_a_position_of_ours_is_set_aside_too() {
    publish(db, 2);
    relayAll(db);
    send(db, Command.XADD, EventStream.KEY, "3-0", "by", "hand");
    publish(db, 2);
    relayAll(db);
    assertThat(ids(db)).isEqualTo(positions(3, 4));
    assertThat(fields(send(db, Command.XRANGE, EventStream.KEY, "3-0", "3-0").get(0)))
        .containsEntry("topic", "many.1");
    assertThat(idsIn(db, aside().get(0))).isEqualTo(positions(1, 3));
  }

  @Test
  void a_stream_whose_last_entry_was_deleted_is_gone_on_with() {
    publish(db, 3);
    relayAll(db);
    send(db, Command.XDEL, EventStream.KEY, "3-0");
    publish(db, 1);
    relayAll(db);
    assertThat(ids(db)).containsExactly("1-0", "2-0", "4-0");
    send(db, Command.XTRIM, EventStream.KEY, "MAXLEN", "0");
    publish(db, 1);
    relayAll(db);
    assertThat(ids(db)).containsExactly("5-0");
    assertThat(aside()).isEmpty();
  }

  private List<String> aside() {
    List<String> names = new ArrayList<>();
    send(db, Command.KEYS, EventStream.KEY + ":*").forEach(name -> names.add(name.toString()));
    return names;
  }

  @Test
  void events_of_two_running_schedulers_are_all_there_in_order() {
    db.scheduler();
    db.scheduler();
    for (int i = 0; i < 20; i++) {
      events.publish("nobody.listens");
    }
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(ids(db)).isEqualTo(positions(1, 20)));
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
      loop.start();
      publish(own, 3);
      await().atMost(PATIENCE).untilAsserted(() -> assertThat(ids(own)).hasSize(3));

      redis.stop();
      publish(own, 300);
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
          .untilAsserted(() -> assertThat(ids(own)).isEqualTo(positions(4, 303)));
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

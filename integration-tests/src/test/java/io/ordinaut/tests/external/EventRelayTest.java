package io.ordinaut.tests.external;

import static io.ordinaut.tests.utils.RelayedEvents.positions;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ordinaut.scheduler.relay.Relay;
import io.ordinaut.stream.EventStream;
import io.ordinaut.stream.StreamEntry;
import io.ordinaut.stream.StreamException;
import io.ordinaut.tests.utils.Events;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.tests.utils.RelayedEvents;
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
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Events in Redis, for those who read them there: in order, none missing, none twice. */
class EventRelayTest {
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  @AutoClose private final Harness db = new Harness();
  private final Events events = new Events(db);
  private final RelayedEvents stream = new RelayedEvents(db);

  private static Map<String, String> fields(Response entry) {
    Map<String, String> fields = new TreeMap<>();
    for (int i = 0; i < entry.get(1).size(); i += 2) {
      fields.put(entry.get(1).get(i).toString(), entry.get(1).get(i + 1).toString());
    }
    return fields;
  }

  private long remembered() {
    return db.count("SELECT position FROM event_relay");
  }

  @Test
  void rows_that_somebody_emptied_are_made_anew_and_nothing_is_relayed_twice() {
    for (String table : List.of("event_horizon", "event_relay", "event_horizon, event_relay")) {
      events.publish("a");
      stream.relayAll();
      db.execute("TRUNCATE brake, zone_data, " + table);
    }
    events.publish("a");
    stream.relayAll();
    assertThat(stream.ids()).isEqualTo(positions(1, 4));
    assertThat(db.count("SELECT position FROM event_relay")).isEqualTo(4);
  }

  @Test
  void an_event_is_relayed_with_all_that_it_says() {
    UUID id = events.publish("order.created", new JsonObject().put("total", 3));
    stream.relayAll();
    Map<String, String> said =
        fields(stream.send(Command.XRANGE, EventStream.KEY, "1-0", "1-0").get(0));
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
    stream.publish(450);
    stream.relayAll();
    assertThat(stream.ids()).isEqualTo(positions(1, 450));
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
    stream.relayAll();
    assertThat(stream.ids()).isEqualTo(positions(1, 8));
  }

  @Test
  void the_stream_is_trimmed() {
    stream.publish(1_000);
    events.dispatchAll();
    Relay relay = new Relay(db.db(), db.events(), 100, InstantSource.system());
    while (relay.once() > 0) {
      assertThat(Thread.interrupted()).isFalse();
    }
    assertThat(stream.ids()).hasSizeBetween(100, 300).endsWith("1000-0");
  }

  @Test
  void what_was_relayed_and_not_remembered_is_not_relayed_again() {
    stream.publish(10);
    stream.relayAll();
    db.execute("UPDATE event_relay SET position = 4");
    stream.publish(1);
    stream.relayAll();
    assertThat(stream.ids()).isEqualTo(positions(1, 11));
    assertThat(remembered()).isEqualTo(11);
  }

  @Test
  void relays_at_once_give_no_double_and_no_gap() {
    stream.publish(2_000);
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
    assertThat(stream.ids()).isEqualTo(positions(1, 2_000));
  }

  @Test
  void redis_itself_refuses_what_is_there_already() {
    db.events().append(List.of(entry(1), entry(2)), 100);
    assertThatThrownBy(() -> db.events().append(List.of(entry(2), entry(3)), 100))
        .isInstanceOf(StreamException.class);
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(stream.ids()).isEqualTo(positions(1, 3)));
  }

  private static StreamEntry entry(long position) {
    return new StreamEntry(position, UUID.randomUUID(), "a.topic", null, "{}", Instant.EPOCH, null);
  }

  @Test
  void a_stream_that_is_lost_begins_anew_where_it_ended() {
    stream.publish(5);
    stream.relayAll();
    stream.send(Command.FLUSHDB);
    stream.publish(3);
    stream.relayAll();
    assertThat(stream.ids()).isEqualTo(positions(6, 8));
  }

  @Test
  void a_lost_stream_that_a_consumer_has_begun_goes_on_where_it_ended_too() {
    stream.publish(5);
    stream.relayAll();
    stream.send(Command.FLUSHDB);
    stream.send(Command.XGROUP, "CREATE", EventStream.KEY, "readers", "$", "MKSTREAM");
    stream.publish(3);
    stream.relayAll();
    assertThat(stream.ids()).isEqualTo(positions(6, 8));
    assertThat(stream.send(Command.XINFO, "GROUPS", EventStream.KEY).size()).isEqualTo(1);
  }

  @Test
  void a_key_of_another_type_is_set_aside() {
    stream.send(Command.SET, EventStream.KEY, "by hand");
    stream.publish(2);
    stream.relayAll();
    assertThat(stream.ids()).isEqualTo(positions(1, 2));
    assertThat(stream.send(Command.GET, stream.aside().get(0))).hasToString("by hand");
  }

  @Test
  void entries_that_redis_lost_are_relayed_again() {
    stream.publish(3);
    stream.relayAll();
    byte[] old = stream.send(Command.DUMP, EventStream.KEY).toBytes();
    stream.publish(3);
    stream.relayAll();
    db.redis()
        .send(Request.cmd(Command.RESTORE).arg(EventStream.KEY).arg("0").arg(old).arg("REPLACE"))
        .toCompletionStage()
        .toCompletableFuture()
        .join();
    assertThat(stream.ids()).isEqualTo(positions(1, 3));
    stream.publish(1);
    stream.relayAll();
    assertThat(stream.ids()).isEqualTo(positions(1, 7));
  }

  @Test
  void a_stream_of_another_history_is_set_aside() {
    stream.send(Command.XADD, EventStream.KEY, "900-0", "id", UUID.randomUUID());
    stream.publish(2);
    stream.relayAll();
    assertThat(stream.ids()).isEqualTo(positions(1, 2));
    assertThat(stream.aside()).hasSize(1);
    assertThat(stream.idsIn(stream.aside().get(0))).containsExactly("900-0");
  }

  @Test
  void a_stream_that_a_restored_database_has_overtaken_is_set_aside_too() {
    stream.publish(4);
    stream.relayAll();
    db.execute("DELETE FROM event");
    db.execute("UPDATE event_horizon SET position = 2");
    db.execute("UPDATE event_relay SET position = 2");
    stream.publish(5);
    stream.relayAll();
    assertThat(stream.ids()).isEqualTo(positions(3, 7));
    assertThat(stream.idsIn(stream.aside().get(0))).isEqualTo(positions(1, 4));
  }

  @Test
  void what_others_write_into_the_stream_is_set_aside() {
    stream.publish(2);
    stream.relayAll();
    stream.send(Command.XADD, EventStream.KEY, "*", "by", "hand");
    stream.publish(2);
    stream.relayAll();
    assertThat(stream.ids()).isEqualTo(positions(3, 4));
    assertThat(stream.idsIn(stream.aside().get(0))).hasSize(3);
  }

  @Test
  void what_others_write_under_a_position_of_ours_is_set_aside_too() {
    stream.publish(2);
    stream.relayAll();
    stream.send(Command.XADD, EventStream.KEY, "3-0", "by", "hand");
    stream.publish(2);
    stream.relayAll();
    assertThat(stream.ids()).isEqualTo(positions(3, 4));
    assertThat(fields(stream.send(Command.XRANGE, EventStream.KEY, "3-0", "3-0").get(0)))
        .containsEntry("topic", "many.1");
    assertThat(stream.idsIn(stream.aside().get(0))).isEqualTo(positions(1, 3));
  }

  @Test
  void a_stream_whose_last_entry_was_deleted_is_gone_on_with() {
    stream.publish(3);
    stream.relayAll();
    stream.send(Command.XDEL, EventStream.KEY, "3-0");
    stream.publish(1);
    stream.relayAll();
    assertThat(stream.ids()).containsExactly("1-0", "2-0", "4-0");
    stream.send(Command.XTRIM, EventStream.KEY, "MAXLEN", "0");
    stream.publish(1);
    stream.relayAll();
    assertThat(stream.ids()).containsExactly("5-0");
    assertThat(stream.aside()).isEmpty();
  }

  @Test
  void events_of_two_running_schedulers_are_all_there_in_order() {
    db.scheduler();
    db.scheduler();
    for (int i = 0; i < 20; i++) {
      events.publish("nobody.listens");
    }
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(stream.ids()).isEqualTo(positions(1, 20)));
  }
}

package io.ordinaut.tests.components;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ordinaut.scheduler.check.Diagnosis;
import io.ordinaut.scheduler.check.Examination;
import io.ordinaut.scheduler.check.Symptom;
import io.ordinaut.stream.EventStream;
import io.ordinaut.tests.utils.Backends;
import io.ordinaut.tests.utils.Events;
import io.ordinaut.tests.utils.Fixtures;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.tests.utils.Zones;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.sqlclient.SqlConnection;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** The doctor finds what is broken on purpose, says what to do, and changes nothing. */
class ExaminationTest {
  @AutoClose private final Harness db = new Harness();

  private Diagnosis examine() {
    return new Examination(db.db(), db.events()).run();
  }

  private List<String> names() {
    return examine().symptoms().stream().map(Symptom::name).distinct().toList();
  }

  private void assertFound(String name) {
    assertThat(names()).as("%s", examine().symptoms()).containsExactly(name);
    assertThat(examine().symptoms())
        .allSatisfy(
            symptom -> {
              assertThat(symptom.what()).endsWith(".");
              assertThat(symptom.advice()).endsWith(".");
            });
  }

  @Test
  void a_healthy_database_has_no_symptoms() {
    Events events = new Events(db);
    events.publish("well");
    events.dispatchAll();
    db.relay().once();
    Fixtures.createTestTask(db, "well", 60_000);
    Diagnosis diagnosis = examine();
    assertThat(diagnosis.symptoms()).isEmpty();
    assertThat(diagnosis.facts())
        .contains(
            "Events are relayed up to position 1 of 1.", "The stream in Redis ends at position 1.");
  }

  @Test
  void a_schema_that_is_not_there_is_found() {
    String url = Backends.newEmptyDatabase();
    try (Harness empty = new Harness(url)) {
      assertThat(new Examination(empty.db(), empty.events()).run().symptoms())
          .extracting(Symptom::name)
          .containsExactly("schema too old");
    } finally {
      Backends.drop(url);
    }
  }

  @Test
  void a_broken_promise_is_found() {
    db.execute("INSERT INTO event (topic, position) SELECT 'a', 7 FROM generate_series(1, 2)");
    db.execute("UPDATE event_horizon SET position = 7");
    db.execute("UPDATE event_relay SET position = 7");
    assertFound("broken promise");
  }

  @Test
  void what_is_stuck_is_found() {
    db.execute("INSERT INTO signal (created_at) VALUES (now() - interval '2 minutes')");
    assertFound("stuck: signal_waiting");
  }

  @Test
  void a_silent_worker_is_found_for_an_hour() {
    db.execute(
        """
        INSERT INTO worker_heartbeat (worker_id, host, capacity, running, seen_at)
        VALUES ('gone', 'somewhere', 1, 1, now() - interval '10 minutes'),
          ('long ago', 'somewhere', 1, 1, now() - interval '2 hours')""");
    assertFound("silent worker");
    assertThat(examine().symptoms()).hasSize(1);
    assertThat(examine().symptoms().get(0).what()).startsWith("Worker gone on somewhere was last");
  }

  @Test
  void the_brake_is_found() {
    db.execute("UPDATE brake SET pulled_at = now(), reason = 'a test'");
    assertFound("brake");
    assertThat(examine().symptoms().get(0).what()).endsWith(": a test.");
  }

  @Test
  void partitions_that_are_missing_from_today_on_are_found() {
    String today = partition(0);
    String tomorrow = partition(1);
    db.execute("DROP TABLE " + today + ", " + tomorrow);
    assertFound("missing partitions");
    String found = examine().symptoms().get(0).what();
    List<String> right = new ArrayList<>(List.of("There is no " + today + ", " + tomorrow + "."));
    if (!partition(0).equals(today)) {
      // Midnight has come meanwhile.
      right.add("There is no " + tomorrow + ".");
    }
    assertThat(found).isIn(right);
  }

  private String partition(int days) {
    return db.query(
            """
            SELECT to_char((now() + $1::int * interval '1 day') AT TIME ZONE 'UTC',
              '"due_work_done_"YYYYMMDD')""",
            days)
        .get(0)
        .getString(0);
  }

  @Test
  void a_missing_partition_is_found_whatever_the_zone_of_the_session() {
    String zone = Zones.withADayThatComesTwice(db);
    db.execute(
        """
        DO $$ BEGIN
          EXECUTE format('ALTER DATABASE %%I SET timezone = %%L', current_database(), '%s');
          EXECUTE to_char((now() AT TIME ZONE 'UTC') + interval '2 days',
            '"DROP TABLE due_work_done_"YYYYMMDD');
        END $$"""
            .formatted(zone));
    try (Harness there = new Harness(db.databaseUrl())) {
      assertThat(there.query("SHOW timezone").get(0).getString(0)).isEqualTo(zone);
      assertThat(new Examination(there.db(), db.events()).run().symptoms())
          .extracting(Symptom::name)
          .containsExactly("missing partitions");
    }
  }

  @Test
  void a_clock_that_went_back_is_found() {
    db.execute(
        """
        INSERT INTO history_horizon (history, kept_from, kept_for)
        VALUES ('task_run', now() + interval '1 day', interval '90 days'),
          ('event', now() - interval '30 days', interval '30 days')""");
    db.execute(
        """
        INSERT INTO worker_heartbeat (worker_id, capacity, running, seen_at)
        VALUES ('gone', 1, 0, now() + interval '1 day'), ('well', 1, 0, now())""");
    db.execute(
        "INSERT INTO condition_state (task_id, was_true, looked_at)"
            + " VALUES ($1, false, now() + interval '1 day')",
        Fixtures.createTestTask(db, "watched", 3_600_000));
    assertFound("clock went back");
    assertThat(examine().symptoms()).hasSize(3);
  }

  @Test
  void too_many_partitions_are_found() {
    db.query(
        """
        SELECT ordinaut_ensure_partition('event', 'week', at)
        FROM generate_series(now() - interval '120 days', now(), interval '1 week') at""");
    assertFound("too many partitions");
  }

  @Test
  void events_that_are_not_relayed_are_found() {
    db.execute("INSERT INTO event (topic, occurred_at) VALUES ('a', now() - interval '2 minutes')");
    new Events(db).dispatchAll();
    assertFound("relay behind");
  }

  @Test
  void a_stream_of_another_history_is_found() {
    db.redis()
        .send(Request.cmd(Command.XADD).arg(EventStream.KEY).arg("*").arg("by").arg("hand"))
        .toCompletionStage()
        .toCompletableFuture()
        .join();
    assertFound("foreign stream");
  }

  @Test
  void a_stream_that_grows_meanwhile_is_not_of_another_history() {
    Events events = new Events(db);
    Redis growing =
        (Redis)
            Proxy.newProxyInstance(
                Redis.class.getClassLoader(),
                new Class<?>[] {Redis.class},
                (proxy, method, arguments) -> {
                  events.publish("meanwhile");
                  events.dispatchAll();
                  db.relay().once();
                  return method.invoke(db.redis(), arguments);
                });
    EventStream stream = new EventStream(growing, Duration.ofSeconds(5));
    Diagnosis diagnosis = new Examination(db.db(), stream).run();
    assertThat(diagnosis.symptoms()).isEmpty();
    assertThat(diagnosis.facts()).contains("The stream in Redis ends at position 1.");
  }

  @Test
  void what_sessions_left_behind_is_found() {
    SqlConnection idle = settled(db.pool().getConnection());
    settled(idle.query("BEGIN ISOLATION LEVEL REPEATABLE READ").execute());
    settled(idle.query("SET LOCAL idle_in_transaction_session_timeout = 0").execute());
    settled(idle.query("SELECT pg_advisory_xact_lock(7) FROM task").execute());
    settled(idle.query("SELECT pg_advisory_xact_lock(7)").execute());
    List<Symptom> symptoms = new ArrayList<>();
    await()
        .until(
            () -> {
              symptoms.clear();
              symptoms.addAll(impatient());
              return symptoms.size() == 3;
            });
    assertThat(symptoms)
        .extracting(Symptom::name)
        .containsExactlyInAnyOrder("left over", "left over", "old snapshot");
    assertThat(symptoms)
        .extracting(Symptom::what)
        .anyMatch(what -> what.contains("holds 1 advisory locks"))
        .anyMatch(what -> what.contains("idle in a transaction"));
    settled(idle.query("ROLLBACK").execute());
    settled(idle.close());
    assertThat(impatient()).isEmpty();
  }

  private List<Symptom> impatient() {
    return new Examination(db.db(), db.events(), Duration.ofMillis(900)).run().symptoms();
  }

  private static <T> T settled(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void a_redis_that_is_away_is_found() {
    Vertx vertx = Vertx.vertx();
    String nowhere = "redis://127.0.0.1:" + Backends.freePort();
    try (EventStream stream = EventStream.at(vertx, nowhere, Duration.ofSeconds(2))) {
      assertThat(new Examination(db.db(), stream).run().symptoms())
          .extracting(Symptom::name)
          .containsExactly("no redis");
    } finally {
      vertx.close();
    }
    assertThat(new Examination(db.db(), null).run().symptoms()).isEmpty();
  }
}

package io.ordinaut.tests.workflows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ordinaut.api.task.TaskCommands;
import io.ordinaut.json.Json;
import io.ordinaut.scheduler.event.Dispatch;
import io.ordinaut.stream.NudgeStream;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.worker.loop.Worker;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class EventFlowTest {
  private Harness db;
  private TaskCommands commands;

  @BeforeEach
  void open() {
    db = new Harness();
    commands = new TaskCommands(db.db(), db.nudges());
  }

  @AfterEach
  void close() throws Exception {
    db.close();
  }

  private UUID listener(String pattern) {
    return listener(pattern, null);
  }

  private UUID listener(String pattern, String when) {
    UUID id = UUID.randomUUID();
    JsonObject step =
        new JsonObject()
            .put("id", "echo")
            .put("uses", "echo-tool")
            .put("with", new JsonObject().put("event", "${event}"))
            .put("save_as", "echo");
    JsonObject payload = new JsonObject().put("pipeline", new JsonArray().add(step));
    if (when != null) {
      payload.put("when", when);
    }
    db.execute(
        "INSERT INTO task (id, title, schedule_kind, schedule_expr, payload)"
            + " VALUES ($1, 'listens', 'event', $2, $3)",
        id,
        pattern,
        payload);
    return id;
  }

  private UUID publish(String topic) {
    return publish(topic, new JsonObject());
  }

  private UUID publish(String topic, JsonObject payload) {
    UUID id = UUID.randomUUID();
    db.execute(
        "INSERT INTO event (id, topic, source, payload) VALUES ($1, $2, 'test', $3)",
        id,
        topic,
        payload);
    return id;
  }

  private void dispatchAll() {
    Dispatch dispatch = db.dispatch();
    while (dispatch.once() > 0) {
      assertThat(Thread.interrupted()).isFalse();
    }
  }

  /** The events for which a task has signals, oldest first. */
  private List<UUID> heardBy(UUID task) {
    return db
        .query(
            "SELECT event ->> 'id' AS event_id FROM signal WHERE task_id = $1 ORDER BY run_at, id",
            task)
        .stream()
        .map(row -> UUID.fromString(row.getString("event_id")))
        .toList();
  }

  private void runAll() {
    Worker worker = db.worker("all");
    await()
        .until(
            () -> {
              worker.lease(50).leases().forEach(worker::execute);
              return db.count("SELECT count(*) FROM due_work_open") == 0;
            });
  }

  private String status(UUID task) {
    return db.query("SELECT status FROM task WHERE id = $1", task).get(0).getString("status");
  }

  @Test
  void an_event_runs_the_tasks_that_listen_with_its_payload() {
    UUID first = listener("order.created");
    UUID second = listener("order.created");
    UUID other = listener("order.deleted");
    UUID event =
        publish(
            "order.created", new JsonObject().put("total", 12.50).putNull("coupon").put("n", 1));
    assertThat(db.dispatch().once()).isEqualTo(1);
    assertThat(db.dispatch().once()).isZero();
    db.tick().once();
    runAll();

    assertThat(db.count("SELECT count(*) FROM task_run WHERE task_id = $1", other)).isZero();
    Row stored = db.query("SELECT * FROM event WHERE id = $1", event).get(0);
    assertThat(stored.getLong("position")).isEqualTo(1);
    for (UUID task : List.of(first, second)) {
      Row run =
          db.query(
                  "SELECT *, outputs::text AS said FROM task_run WHERE task_id = $1"
                      + " AND status = 'success'",
                  task)
              .get(0);
      assertThat(run.getString("cause")).isEqualTo("event");
      assertThat(run.getOffsetDateTime("run_at"))
          .isEqualTo(stored.getOffsetDateTime("occurred_at"));
      var seen = Json.read(run.getString("said")).at("/echo/event");
      assertThat(seen.path("id").asText()).isEqualTo(event.toString());
      assertThat(seen.path("topic").asText()).isEqualTo("order.created");
      assertThat(seen.path("source").asText()).isEqualTo("test");
      assertThat(seen.path("occurred_at").asText())
          .isEqualTo(stored.getOffsetDateTime("occurred_at").toInstant().toString());
      assertThat(seen.path("payload"))
          .isEqualTo(Json.read("{\"total\": 12.5, \"coupon\": null, \"n\": 1}"));
      assertThat(status(task)).as("it goes on listening").isEqualTo("active");
    }
    assertThat(db.count("SELECT count(*) FROM task_run")).isEqualTo(2);
  }

  @Test
  void patterns_hear_the_topics_that_they_stand_for_once() {
    UUID one = listener("order.*");
    UUID rest = listener("order.#");
    UUID all = listener("#");
    UUID exact = listener("order.created");
    UUID created = publish("order.created");
    UUID late = publish("order.created.late");
    UUID order = publish("order");
    UUID orders = publish("orders.created");
    dispatchAll();
    assertThat(heardBy(one)).containsExactly(created);
    assertThat(heardBy(rest)).containsExactly(created, late, order);
    assertThat(heardBy(all)).containsExactly(created, late, order, orders);
    assertThat(heardBy(exact)).containsExactly(created);
  }

  @Test
  void a_condition_chooses_among_the_events() {
    UUID large = listener("order", "payload.total > `100`");
    UUID named = listener("order", "event.payload.customer == 'ada' && topic == 'order'");
    UUID failing = listener("order", "abs(payload.total) > `0`");
    UUID broken = listener("order", "((");
    UUID any = listener("#");
    UUID small = publish("order", new JsonObject().put("total", 5).put("customer", "ada"));
    UUID big = publish("order", new JsonObject().put("total", 500).put("customer", "bob"));
    UUID odd = publish("order", new JsonObject().put("total", "many"));
    dispatchAll();
    assertThat(heardBy(large)).containsExactly(big);
    assertThat(heardBy(named)).containsExactly(small);
    assertThat(heardBy(failing)).containsExactly(small, big);
    assertThat(heardBy(broken)).isEmpty();
    assertThat(heardBy(any)).containsExactly(small, big, odd);
  }

  @Test
  void events_to_a_paused_task_do_not_fire_and_are_recorded() {
    UUID task = listener("order", "payload.wanted");
    commands.pause(task);
    UUID event = publish("order", new JsonObject().put("wanted", true));
    publish("order", new JsonObject().put("wanted", false));
    dispatchAll();
    assertThat(heardBy(task)).isEmpty();
    List<Row> spans =
        db.query(
            "SELECT s.*, e.occurred_at FROM skipped_firing s, event e"
                + " WHERE s.task_id = $1 AND e.id = $2",
            task,
            event);
    assertThat(spans).hasSize(1);
    assertThat(spans.get(0).getString("reason")).isEqualTo("paused");
    assertThat(spans.get(0).getLong("count")).isEqualTo(1);
    assertThat(spans.get(0).getOffsetDateTime("from_at"))
        .isEqualTo(spans.get(0).getOffsetDateTime("occurred_at"))
        .isEqualTo(spans.get(0).getOffsetDateTime("to_at"));

    commands.resume(task);
    assertThat(status(task)).as("it still listens").isEqualTo("active");
    UUID after = publish("order", new JsonObject().put("wanted", true));
    dispatchAll();
    assertThat(heardBy(task)).containsExactly(after);
    assertThat(db.count("SELECT count(*) FROM skipped_firing")).isEqualTo(1);
  }

  @Test
  void commands_do_to_listening_tasks_what_they_do_to_others() {
    UUID task = listener("order");
    UUID manual = commands.runNow(task, null);
    db.tick().once();
    runAll();
    assertThat(db.work(manual).getString("status")).isEqualTo("completed");
    assertThat(status(task)).isEqualTo("active");

    commands.edit(task, Json.read("{\"schedule_expr\": \"invoice.*\"}"), null);
    publish("order");
    UUID invoice = publish("invoice.sent");
    dispatchAll();
    assertThat(heardBy(task)).containsExactly(invoice);

    commands.cancel(task);
    publish("invoice.sent");
    dispatchAll();
    db.tick().once();
    assertThat(status(task)).isEqualTo("canceled");
    assertThat(db.count("SELECT count(*) FROM due_work_open")).isZero();
    assertThat(db.count("SELECT count(*) FROM task_run WHERE status = 'canceled'")).isEqualTo(1);
    assertThat(db.count("SELECT count(*) FROM skipped_firing")).isZero();
  }

  @Test
  void a_task_that_was_paused_as_another_kind_is_not_over_when_it_listens() {
    UUID task = listener("order");
    commands.pause(task);
    commands.edit(
        task, Json.read("{\"schedule_kind\": \"cron\", \"schedule_expr\": \"@hourly\"}"), null);
    commands.edit(
        task, Json.read("{\"schedule_kind\": \"event\", \"schedule_expr\": \"order\"}"), null);
    commands.resume(task);
    assertThat(status(task)).isEqualTo("active");
    Row stored = db.query("SELECT next_run FROM task WHERE id = $1", task).get(0);
    assertThat(stored.getOffsetDateTime("next_run")).isNull();
  }

  @Test
  void many_schedulers_at_once_dispatch_each_event_once() {
    UUID task = listener("many.#");
    UUID narrow = listener("many.7");
    // Each committed on its own, in an order that is not that of their times.
    db.execute(
        """
        INSERT INTO event (topic, payload, occurred_at)
        SELECT 'many.' || i % 10, jsonb_build_object('i', i),
          now() - make_interval(secs => (i * 7919) % 1000)
        FROM generate_series(1, 500) i""");
    ExecutorService threads = Executors.newFixedThreadPool(5);
    try {
      List<CompletableFuture<Void>> schedulers =
          IntStream.range(0, 4)
              .mapToObj(
                  i ->
                      CompletableFuture.runAsync(
                          () -> {
                            Dispatch dispatch = db.dispatch();
                            while (undispatched() > 0 || published() < 1_000) {
                              dispatch.once();
                            }
                          },
                          threads))
              .toList();
      for (int i = 501; i <= 1_000; i += 50) {
        db.execute(
            """
            INSERT INTO event (topic, payload, occurred_at)
            SELECT 'many.' || i % 10, jsonb_build_object('i', i),
              now() - make_interval(secs => (i * 7919) % 1000)
            FROM generate_series($1::integer, $1::integer + 49) i""",
            i);
      }
      schedulers.forEach(CompletableFuture::join);
    } finally {
      threads.shutdownNow();
    }
    assertThat(heardBy(task)).hasSize(1_000).doesNotHaveDuplicates();
    assertThat(heardBy(narrow)).hasSize(100).doesNotHaveDuplicates();
    assertThat(db.count("SELECT count(DISTINCT position) FROM event")).isEqualTo(1_000);
    assertThat(db.count("SELECT max(position) FROM event")).isEqualTo(1_000);
    assertThat(db.count("SELECT position FROM event_horizon")).isEqualTo(1_000);
  }

  private long undispatched() {
    return db.count("SELECT count(*) FROM event WHERE position IS NULL");
  }

  private long published() {
    return db.count("SELECT count(*) FROM event");
  }

  @Test
  void positions_follow_the_times_of_what_is_there() {
    UUID second = publish("a");
    UUID first = publish("b");
    db.execute("UPDATE event SET occurred_at = now() - interval '1 s' WHERE id = $1", first);
    dispatchAll();
    assertThat(
            db.query("SELECT id FROM event ORDER BY position").stream().map(row -> row.getUUID(0)))
        .containsExactly(first, second);
    UUID late = publish("c");
    db.execute("UPDATE event SET occurred_at = now() - interval '1 m' WHERE id = $1", late);
    dispatchAll();
    assertThat(db.count("SELECT position FROM event WHERE id = $1", late)).isEqualTo(3);
  }

  @Test
  void an_event_that_is_refused_holds_up_nobody() {
    db.execute("ALTER TABLE signal ADD CHECK (event #>> '{payload,poison}' IS NULL)");
    UUID task = listener("#");
    List<UUID> fine = List.of(publish("a"), publish("b"));
    UUID poison = publish("c", new JsonObject().put("poison", true));
    UUID after = publish("d");
    dispatchAll();
    assertThat(heardBy(task)).containsExactly(fine.get(0), fine.get(1), after);
    assertThat(undispatched()).isZero();
    assertThat(db.count("SELECT position FROM event WHERE id = $1", poison)).isEqualTo(3);
  }

  @Test
  void a_run_is_one_deeper_than_its_event_and_too_deep_is_too_deep() {
    UUID task = listener("chain");
    UUID deep = publish("chain");
    UUID tooDeep = publish("chain");
    db.execute("UPDATE event SET depth = 16, traceparent = '00-a-b-01' WHERE id = $1", deep);
    db.execute("UPDATE event SET depth = 17 WHERE id = $1", tooDeep);
    dispatchAll();
    assertThat(heardBy(task)).containsExactly(deep);
    assertThat(undispatched()).isZero();
    db.tick().once();
    Row work = db.query("SELECT * FROM due_work WHERE task_id = $1", task).get(0);
    assertThat(work.getInteger("depth")).isEqualTo(17);
    assertThat(work.getString("traceparent")).isEqualTo("00-a-b-01");
  }

  @Test
  void a_cancel_that_came_first_leaves_nothing_to_start() {
    UUID task = listener("order");
    publish("order");
    Dispatch dispatch = db.dispatch();
    CompletableFuture<Integer> turn =
        db.db()
            .transaction(
                tx -> {
                  tx.execute("UPDATE task SET status = 'canceled' WHERE id = $1", Tuple.of(task));
                  CompletableFuture<Integer> begun = CompletableFuture.supplyAsync(dispatch::once);
                  await().until(this::somebodyWaits);
                  return begun;
                });
    assertThat(turn.join()).isEqualTo(1);
    assertThat(heardBy(task)).isEmpty();
  }

  @Test
  void a_signal_that_becomes_work_during_a_cancel_is_canceled() {
    UUID task = listener("order");
    UUID id = publish("order");
    dispatchAll();
    CompletableFuture<?> cancel =
        db.db()
            .transaction(
                tx -> {
                  tx.execute("DELETE FROM signal WHERE task_id = $1", Tuple.of(task));
                  tx.execute(
                      "INSERT INTO due_work_open (id, task_id, status, cause, payload)"
                          + " VALUES ($1, $2, 'pending', 'event', '{}')",
                      Tuple.of(id, task));
                  CompletableFuture<?> begun =
                      CompletableFuture.supplyAsync(() -> commands.cancel(task));
                  await().until(this::somebodyWaits);
                  return begun;
                });
    cancel.join();
    assertThat(db.work(id).getString("status")).isEqualTo("canceled");
  }

  private boolean somebodyWaits() {
    return db.count(
            "SELECT count(*) FROM pg_stat_activity"
                + " WHERE datname = current_database() AND wait_event_type = 'Lock'")
        > 0;
  }

  @Test
  void a_running_scheduler_starts_the_run_at_once_and_not_at_its_next_poll() {
    UUID task = listener("order");
    db.scheduler(Map.of("poll", "PT30S"));
    db.runningWorker();
    for (int runs = 1; runs <= 3; runs++) {
      publish("order");
      db.nudges().send(NudgeStream.SCHEDULE);
      long wanted = runs;
      await().until(() -> endedRuns(task) == wanted);
    }
  }

  private long endedRuns(UUID task) {
    return db.count("SELECT count(*) FROM task_run WHERE task_id = $1", task);
  }

  @Test
  void looking_for_events_reads_only_what_waits() {
    db.execute(
        """
        INSERT INTO event (topic, position)
        SELECT 'old', i FROM generate_series(1, 20000) i""");
    db.execute("ANALYZE event");
    String plan =
        String.join(
            "\n",
            db
                .query(
                    """
                    EXPLAIN SELECT id FROM event WHERE position IS NULL
                    ORDER BY occurred_at, id LIMIT 200""")
                .stream()
                .map(row -> row.getString(0))
                .toList());
    assertThat(plan).doesNotContain("Seq Scan").doesNotContain("Sort").doesNotContain("newest");
  }
}

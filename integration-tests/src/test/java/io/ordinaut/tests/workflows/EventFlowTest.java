package io.ordinaut.tests.workflows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ordinaut.api.task.TaskCommands;
import io.ordinaut.json.Json;
import io.ordinaut.stream.NudgeStream;
import io.ordinaut.tests.utils.Events;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.worker.loop.Worker;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Events on their way from their row to the runs that they start. */
@Timeout(30)
class EventFlowTest {
  @AutoClose private final Harness db = new Harness();
  private final Events events = new Events(db);
  private final TaskCommands commands = new TaskCommands(db.db(), db.nudges());

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
    UUID first = events.listener("order.created");
    UUID second = events.listener("order.created");
    UUID other = events.listener("order.deleted");
    UUID event =
        events.publish(
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
    UUID one = events.listener("order.*");
    UUID rest = events.listener("order.#");
    UUID all = events.listener("#");
    UUID exact = events.listener("order.created");
    UUID created = events.publish("order.created");
    UUID late = events.publish("order.created.late");
    UUID order = events.publish("order");
    UUID orders = events.publish("orders.created");
    events.dispatchAll();
    assertThat(events.heardBy(one)).containsExactly(created);
    assertThat(events.heardBy(rest)).containsExactly(created, late, order);
    assertThat(events.heardBy(all)).containsExactly(created, late, order, orders);
    assertThat(events.heardBy(exact)).containsExactly(created);
  }

  @Test
  void a_condition_chooses_among_the_events() {
    UUID large = events.listener("order", "payload.total > `100`");
    UUID named = events.listener("order", "event.payload.customer == 'ada' && topic == 'order'");
    UUID failing = events.listener("order", "abs(payload.total) > `0`");
    UUID broken = events.listener("order", "((");
    UUID any = events.listener("#");
    UUID small = events.publish("order", new JsonObject().put("total", 5).put("customer", "ada"));
    UUID big = events.publish("order", new JsonObject().put("total", 500).put("customer", "bob"));
    UUID odd = events.publish("order", new JsonObject().put("total", "many"));
    events.dispatchAll();
    assertThat(events.heardBy(large)).containsExactly(big);
    assertThat(events.heardBy(named)).containsExactly(small);
    assertThat(events.heardBy(failing)).containsExactly(small, big);
    assertThat(events.heardBy(broken)).isEmpty();
    assertThat(events.heardBy(any)).containsExactly(small, big, odd);
  }

  /** Four hundred values for each of as many: a step may go through them, a choice may not. */
  @Test
  void a_condition_that_takes_too_long_lets_all_other_events_and_tasks_pass() {
    String ones = "`[" + String.join(",", Collections.nCopies(400, "1")) + "]`";
    String some = "length(map(&`1`," + ones + "))";
    String many = "length(map(&" + some + "," + ones + "))";
    UUID slow = events.listener("order", many + " == `400`");
    UUID quick = events.listener("order", some + " == `400`");
    UUID any = events.listener("#");
    List<UUID> orders = List.of(events.publish("order"), events.publish("order"));
    UUID other = events.publish("invoice");
    events.dispatchAll();
    assertThat(events.undispatched()).isZero();
    assertThat(events.heardBy(slow)).isEmpty();
    assertThat(events.heardBy(quick)).containsExactlyElementsOf(orders);
    assertThat(events.heardBy(any)).containsExactly(orders.get(0), orders.get(1), other);
  }

  @Test
  void events_to_a_paused_task_do_not_fire_and_are_recorded() {
    UUID task = events.listener("order", "payload.wanted");
    commands.pause(task);
    UUID event = events.publish("order", new JsonObject().put("wanted", true));
    events.publish("order", new JsonObject().put("wanted", false));
    events.dispatchAll();
    assertThat(events.heardBy(task)).isEmpty();
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
    UUID after = events.publish("order", new JsonObject().put("wanted", true));
    events.dispatchAll();
    assertThat(events.heardBy(task)).containsExactly(after);
    assertThat(db.count("SELECT count(*) FROM skipped_firing")).isEqualTo(1);
  }

  @Test
  void commands_do_to_listening_tasks_what_they_do_to_others() {
    UUID task = events.listener("order");
    UUID manual = commands.runNow(task, null);
    db.tick().once();
    runAll();
    assertThat(db.work(manual).getString("status")).isEqualTo("completed");
    assertThat(status(task)).isEqualTo("active");

    commands.edit(task, Json.read("{\"schedule_expr\": \"invoice.*\"}"), null);
    events.publish("order");
    UUID invoice = events.publish("invoice.sent");
    events.dispatchAll();
    assertThat(events.heardBy(task)).containsExactly(invoice);

    commands.cancel(task);
    events.publish("invoice.sent");
    events.dispatchAll();
    db.tick().once();
    assertThat(status(task)).isEqualTo("canceled");
    assertThat(db.count("SELECT count(*) FROM due_work_open")).isZero();
    assertThat(db.count("SELECT count(*) FROM task_run WHERE status = 'canceled'")).isEqualTo(1);
    assertThat(db.count("SELECT count(*) FROM skipped_firing")).isZero();
  }

  @Test
  void a_task_that_was_paused_as_another_kind_is_not_over_when_it_listens() {
    UUID task = events.listener("order");
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
  void positions_follow_the_times_of_what_is_there() {
    UUID second = events.publish("a");
    UUID first = events.publish("b");
    db.execute("UPDATE event SET occurred_at = now() - interval '1 s' WHERE id = $1", first);
    events.dispatchAll();
    assertThat(
            db.query("SELECT id FROM event ORDER BY position").stream().map(row -> row.getUUID(0)))
        .containsExactly(first, second);
    UUID late = events.publish("c");
    db.execute("UPDATE event SET occurred_at = now() - interval '1 m' WHERE id = $1", late);
    events.dispatchAll();
    assertThat(db.count("SELECT position FROM event WHERE id = $1", late)).isEqualTo(3);
  }

  @Test
  void an_event_that_is_refused_holds_up_nobody() {
    db.execute("ALTER TABLE signal ADD CHECK (event #>> '{payload,poison}' IS NULL)");
    UUID task = events.listener("#");
    List<UUID> fine = List.of(events.publish("a"), events.publish("b"));
    UUID poison = events.publish("c", new JsonObject().put("poison", true));
    UUID after = events.publish("d");
    events.dispatchAll();
    assertThat(events.heardBy(task)).containsExactly(fine.get(0), fine.get(1), after);
    assertThat(events.undispatched()).isZero();
    assertThat(db.count("SELECT position FROM event WHERE id = $1", poison)).isEqualTo(3);
  }

  @Test
  void a_run_is_one_deeper_than_its_event_and_too_deep_is_too_deep() {
    UUID task = events.listener("chain");
    UUID deep = events.publish("chain");
    UUID tooDeep = events.publish("chain");
    db.execute("UPDATE event SET depth = 16, traceparent = '00-a-b-01' WHERE id = $1", deep);
    db.execute("UPDATE event SET depth = 17 WHERE id = $1", tooDeep);
    events.dispatchAll();
    assertThat(events.heardBy(task)).containsExactly(deep);
    assertThat(events.undispatched()).isZero();
    db.tick().once();
    Row work = db.query("SELECT * FROM due_work WHERE task_id = $1", task).get(0);
    assertThat(work.getInteger("depth")).isEqualTo(17);
    assertThat(work.getString("traceparent")).isEqualTo("00-a-b-01");
  }

  @Test
  void a_running_scheduler_starts_the_run_at_once_and_not_at_its_next_poll() {
    UUID task = events.listener("order");
    db.scheduler(Map.of("poll", "PT30S"));
    db.runningWorker();
    for (int runs = 1; runs <= 3; runs++) {
      events.publish("order");
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

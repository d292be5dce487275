package io.ordinaut.tests.workflows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.json.Json;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.tests.utils.Ledger;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.loop.Worker;
import io.ordinaut.worker.run.RunOutcome;
import io.ordinaut.worker.tool.Tool;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Lists, delays, errors that are lived with, and rollbacks. */
@Order(4)
class PipelineFlowTest {
  private final Ledger ledger = new Ledger();
  private Harness db;
  private Worker worker;

  @BeforeEach
  void open() {
    db = new Harness();
    worker = worker(ledger);
  }

  @AfterEach
  void close() throws Exception {
    db.close();
  }

  private Worker worker(Tool act) {
    return db.worker("worker", Map.of(), Map.of("act", act));
  }

  private UUID work(String pipeline) {
    return work(pipeline, 0);
  }

  private UUID work(String pipeline, int maxRetries) {
    UUID id = UUID.randomUUID();
    JsonObject settings =
        new JsonObject().put("max_retries", maxRetries).put("backoff_base_seconds", 0.001);
    db.execute(
        "INSERT INTO due_work (id, payload) VALUES ($1, $2)",
        id,
        new JsonObject("{\"pipeline\": " + pipeline + "}").put("settings", settings));
    return id;
  }

  private RunOutcome turn() {
    List<Lease> leases = worker.lease(1).leases();
    return leases.isEmpty() ? new RunOutcome.Lost() : worker.execute(leases.get(0));
  }

  private Row executed(UUID id) {
    await()
        .until(
            () -> {
              turn();
              return db.count("SELECT count(*) FROM task_run WHERE id = $1", id) == 1;
            });
    return db.query("SELECT * FROM task_run WHERE id = $1", id).get(0);
  }

  private List<String> log(UUID id) {
    return db
        .query(
            """
            SELECT kind || ' ' || step_id || coalesce('[' || item || ']', '') || ' ' || status
            FROM run_log WHERE run_id = $1 ORDER BY created_at""",
            id)
        .stream()
        .map(row -> row.getString(0))
        .toList();
  }

  private static JsonNode outputs(Row run) {
    return Json.read(run.getJsonObject("outputs").encode());
  }

  @Test
  void a_list_is_done_element_by_element_in_order() {
    UUID id =
        work(
            """
            [{"id": "each", "uses": "act", "foreach": "[`7`, `8`, `9`]", "max_parallel": 3,
              "with": {"n": "${item}", "i": "${index}"}, "save_as": "all"}]""");
    Row run = executed(id);
    assertThat(run.getString("status")).isEqualTo("success");
    assertThat(outputs(run).get("all"))
        .extracting(one -> one.at("/input/n").asInt())
        .containsExactly(7, 8, 9);
    assertThat(outputs(run).get("all"))
        .extracting(one -> one.get("receipt").asText())
        .containsExactly(id + ":each:0", id + ":each:1", id + ":each:2");
    assertThat(log(id))
        .containsExactlyInAnyOrder(
            "step each[0] success", "step each[1] success", "step each[2] success");
  }

  @Test
  void an_empty_list_yields_an_empty_list() {
    UUID id =
        work(
            """
            [{"id": "none", "uses": "act", "foreach": "`[]`", "save_as": "none"}]""");
    assertThat(outputs(executed(id)).get("none")).isEmpty();
    assertThat(ledger.entries()).isEmpty();
  }

  @Test
  void what_is_no_list_is_a_template_error() {
    Row run = executed(work("[{\"id\": \"x\", \"uses\": \"act\", \"foreach\": \"params\"}]"));
    assertThat(run.getString("error_code")).isEqualTo("template_error");
    assertThat(run.getString("error_message")).contains("must yield a list, and yields object");
  }

  @Test
  void no_more_elements_than_allowed_are_under_way_and_those_at_once() {
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    CyclicBarrier three = new CyclicBarrier(3);
    worker =
        worker(
            call -> {
              most.accumulateAndGet(running.incrementAndGet(), Math::max);
              try {
                three.await();
              } catch (BrokenBarrierException e) {
                throw new IllegalStateException(e);
              }
              running.decrementAndGet();
              return call.input();
            });
    Row run =
        executed(
            work(
                """
                [{"id": "each", "uses": "act", "foreach": "[`1`,`2`,`3`,`4`,`5`,`6`,`7`,`8`,`9`]",
                  "max_parallel": 3, "timeout_seconds": 10}]"""));
    assertThat(run.getString("status")).isEqualTo("success");
    assertThat(most.get()).isEqualTo(3);
  }

  @Test
  void elements_that_finished_are_not_done_again_by_a_retry() {
    UUID id =
        work(
            """
            [{"id": "each", "uses": "act", "foreach": "[`0`, `0`, `1`, `0`]", "save_as": "all",
              "with": {"fails": "${item}", "at": "${now}"}}]""",
            2);
    assertThat(turn()).isInstanceOf(RunOutcome.Parked.class);
    assertThat(ledger.effects()).containsExactly("each:0", "each:1");
    Row run = executed(id);
    assertThat(run.getString("status")).isEqualTo("success");
    assertThat(run.getInteger("attempt")).isEqualTo(2);
    assertThat(ledger.effects()).containsExactly("each:0", "each:1", "each:2", "each:3");
    assertThat(ledger.ambiguousKeys()).isEmpty();
  }

  @Test
  void an_element_that_hangs_is_cut_alone() {
    CountDownLatch never = new CountDownLatch(1);
    ledger.before(
        call -> {
          if (call.input().path("n").asInt() == 1) {
            never.await();
          }
        });
    UUID id =
        work(
            """
            [{"id": "each", "uses": "act", "foreach": "[`0`, `1`, `2`, `3`]", "max_parallel": 2,
              "timeout_seconds": 0.3, "on_error": "continue", "with": {"n": "${item}"},
              "save_as": "all"}]""");
    Row run = executed(id);
    assertThat(run.getString("status")).isEqualTo("success");
    assertThat(outputs(run).get("all"))
        .extracting(JsonNode::isNull)
        .containsExactly(false, true, false, false);
    assertThat(log(id).subList(0, 3)).allMatch(row -> row.endsWith("success"));
    assertThat(db.query("SELECT error_code FROM run_log WHERE item = 1").get(0).getString(0))
        .isEqualTo("timeout");
  }

  @Test
  void canceling_stops_every_element() {
    CountDownLatch begun = new CountDownLatch(3);
    CountDownLatch never = new CountDownLatch(1);
    AtomicInteger stopped = new AtomicInteger();
    worker =
        worker(
            call -> {
              begun.countDown();
              try {
                never.await();
              } catch (InterruptedException e) {
                stopped.incrementAndGet();
                throw e;
              }
              return call.input();
            });
    work(
        """
        [{"id": "each", "uses": "act", "foreach": "[`0`, `1`, `2`, `3`]", "max_parallel": 3}]""");
    worker.turn();
    await().until(() -> begun.getCount() == 0);
    db.execute("UPDATE due_work_open SET cancel_requested = true");
    worker.watch();
    await().until(() -> db.count("SELECT count(*) FROM task_run WHERE status = 'canceled'") == 1);
    assertThat(stopped.get()).isEqualTo(3);
    assertThat(db.query("SELECT status FROM run_log"))
        .as("what was cut")
        .hasSize(3)
        .allMatch(row -> row.getString("status").equals("canceled"));
  }

  @Test
  void the_outputs_of_a_list_are_together_no_larger_than_one() {
    String large = "x".repeat(100_000);
    worker = worker(call -> Json.object().put("large", large));
    Row run =
        executed(
            work(
                """
                [{"id": "each", "uses": "act", "foreach": "[`0`, `1`, `2`, `3`]"}]"""));
    assertThat(run.getString("error_code")).isEqualTo("output_invalid");
    assertThat(run.getString("error_message")).startsWith("Step each, item 2: The outputs of all");
  }

  @Test
  void a_delay_holds_no_slot_burns_no_attempt_and_is_not_repeated() {
    UUID id =
        work(
            """
            [{"id": "first", "uses": "act", "with": {"at": "${now}"}},
             {"id": "wait", "uses": "delay", "with": {"seconds": 60}, "save_as": "waited"},
             {"id": "then", "uses": "act", "with": {"at": "${now}"}}]""");
    assertThat(turn()).isInstanceOf(RunOutcome.Parked.class);
    Row parked = db.work(id);
    assertThat(parked.getString("status")).isEqualTo("pending");
    assertThat(parked.getInteger("attempt")).isEqualTo(1);
    assertThat(parked.getUUID("lease_token")).isNull();
    Row wait = db.query("SELECT * FROM run_log WHERE step_id = 'wait'").get(0);
    assertThat(wait.getString("status")).isEqualTo("success");
    assertThat(wait.getOffsetDateTime("finished_at"))
        .isEqualTo(parked.getOffsetDateTime("available_at"));
    assertThat(
            Duration.between(
                wait.getOffsetDateTime("started_at"), wait.getOffsetDateTime("finished_at")))
        .isBetween(Duration.ofSeconds(59), Duration.ofSeconds(61));

    db.execute("UPDATE due_work_open SET available_at = now() WHERE id = $1", id);
    Row run = executed(id);
    assertThat(run.getString("status")).isEqualTo("success");
    assertThat(run.getInteger("attempt")).isEqualTo(1);
    assertThat(log(id))
        .containsExactly("step first success", "step wait success", "step then success");
    String end = outputs(run).at("/waited/until").asText();
    assertThat(ledger.entries().get(1).input().get("at").asText())
        .as("time has gone on to the end of the delay")
        .isEqualTo(end);
    assertThat(Instant.parse(ledger.entries().get(0).input().get("at").asText()))
        .isBefore(Instant.parse(end));
  }

  @Test
  void a_short_delay_is_slept() {
    UUID id =
        work(
            """
            [{"id": "nap", "uses": "delay", "with": {"seconds": 0.05}},
             {"id": "past", "uses": "delay", "with": {"until": "${now-1h}"}}]""");
    assertThat(turn()).isInstanceOf(RunOutcome.Ended.class);
    assertThat(executed(id).getString("status")).isEqualTo("success");
  }

  @Test
  void a_delay_says_what_is_wrong_with_it() {
    for (String with :
        new String[] {
          "{}",
          "{\"seconds\": -1}",
          "{\"seconds\": 31622401}",
          "{\"until\": \"tomorrow\"}",
          "{\"until\": \"2199-01-01T00:00:00Z\"}",
          "{\"seconds\": 1, \"until\": \"${now}\"}"
        }) {
      Row run = executed(work("[{\"id\": \"d\", \"uses\": \"delay\", \"with\": " + with + "}]"));
      assertThat(run.getString("error_code")).as(with).isEqualTo("template_error");
      assertThat(run.getString("error_message")).startsWith("Step d: The input of delay: ");
    }
  }

  @Test
  void a_failure_that_is_lived_with_leaves_null() {
    UUID id =
        work(
            """
            [{"id": "shaky", "uses": "act", "with": {"fails": 9}, "on_error": "continue",
              "save_as": "shaky"},
             {"id": "wrong", "uses": "no-such", "on_error": "continue", "retry_count": 3},
             {"id": "then", "uses": "act", "if": "steps.shaky == null && steps.wrong == null",
              "with": {"got": "${steps.shaky}"}, "save_as": "then"}]""",
            5);
    Row run = executed(id);
    assertThat(run.getString("status")).as(run.getString("error_message")).isEqualTo("success");
    assertThat(run.getInteger("attempt")).isEqualTo(1);
    assertThat(outputs(run).get("shaky").isNull()).isTrue();
    assertThat(outputs(run).at("/then/input/got").isNull()).isTrue();
    assertThat(log(id))
        .containsExactly("step shaky failed", "step wrong failed", "step then success");
  }

  @Test
  void an_output_that_does_not_match_its_schema_is_not_asked_for_again() {
    UUID id =
        work(
            """
            [{"id": "s", "uses": "act", "retry_count": 3, "with": {"n": "one"}, "output_schema":
              {"properties": {"input": {"properties": {"n": {"type": "integer"}}}}}}]""");
    Row run = executed(id);
    assertThat(run.getString("error_code")).isEqualTo("schema_error");
    assertThat(run.getString("error_message")).contains("does not match output_schema", "n");
    assertThat(log(id)).containsExactly("step s failed");
  }

  private static final String ORDER =
      """
      [{"id": "a", "uses": "act", "with": {"x": 1}, "save_as": "held",
        "compensate": {"uses": "act", "with": {"undo": "${steps.a.receipt}"}}},
       {"id": "b", "uses": "act", "foreach": "[`5`, `6`]", "with": {"x": "${item}"},
        "compensate": {"uses": "act",
          "with": {"undo": "${steps.b.receipt}", "x": "${item}", "i": "${index}"}}},
       {"id": "plain", "uses": "act"},
       {"id": "c", "uses": "act", "with": {"fails": 2}, "on_error": "rollback", "retry_count": 2}]""";

  @Test
  void a_rollback_undoes_what_finished_in_reverse_order() {
    UUID id = work(ORDER);
    Row run = executed(id);
    assertThat(run.getString("status")).isEqualTo("failed");
    assertThat(run.getString("error_code")).isEqualTo("retries_exhausted");
    assertThat(run.getString("error_message"))
        .isEqualTo("Max retries exhausted. Step c: no luck. Compensated: b[1], b[0], a.");
    assertThat(ledger.effects())
        .containsExactly(
            "a", "b:0", "b:1", "plain", "b:1:compensate", "b:0:compensate", "a:compensate");
    assertThat(ledger.entries().get(6).input().get("undo").asText()).isEqualTo(id + ":b:1");
    assertThat(ledger.entries().get(6).input().get("x").asInt()).isEqualTo(6);
    assertThat(log(id)).contains("compensate b[1] success", "compensate a success");
    assertThat(db.work(id).getString("phase")).isEqualTo("rollback");
  }

  @Test
  void elements_of_the_step_that_failed_are_undone_too() {
    UUID id =
        work(
            """
            [{"id": "each", "uses": "act", "foreach": "[`0`, `9`, `0`]", "on_error": "rollback",
              "retry_count": 1, "with": {"fails": "${item}"},
              "compensate": {"uses": "act", "with": {"undo": "${steps.each.receipt}"}}}]""");
    assertThat(executed(id).getString("error_message"))
        .isEqualTo("Max retries exhausted. Step each, item 1: no luck. Compensated: each[0].");
    assertThat(ledger.effects()).containsExactly("each:0", "each:0:compensate");
  }

  @Test
  void what_can_not_be_undone_is_named_and_stops_nobody_else() {
    UUID id =
        work(
            """
            [{"id": "a", "uses": "act", "compensate": {"uses": "act"}},
             {"id": "b", "uses": "act", "compensate": {"uses": "act", "with": {"fails": 9}}},
             {"id": "c", "uses": "no-such", "on_error": "rollback"}]""",
            1);
    assertThat(executed(id).getString("error_message"))
        .isEqualTo(
            "Step c: There is no tool named no-such. Compensated: a. Not compensated: b (no luck).");
    assertThat(ledger.calls(id + ":b:compensate")).as("two tries in all").hasSize(2);
  }

  @Test
  void a_rollback_is_not_canceled_and_goes_on_after_its_worker_is_lost() {
    UUID id = work(ORDER);
    ledger.before(
        call -> {
          if (call.idempotencyKey().endsWith("b:0:compensate") && loses(id)) {
            db.execute("UPDATE due_work_open SET cancel_requested = true");
          }
        });
    assertThat(turn()).isInstanceOf(RunOutcome.Lost.class);
    Row run = executed(id);
    assertThat(run.getString("status")).isEqualTo("failed");
    assertThat(run.getString("error_message")).endsWith("Compensated: b[1], b[0], a.");
    assertThat(ledger.calls(id + ":b:1:compensate")).hasSize(1);
    assertThat(ledger.calls(id + ":c")).hasSize(2);
    assertThat(ledger.ambiguousKeys()).isEmpty();
  }

  @Test
  void a_rollback_whose_workers_are_lost_again_and_again_names_what_is_left() {
    UUID id = work(ORDER);
    ledger.before(
        call -> {
          if (call.idempotencyKey().endsWith("b:0:compensate") && loses(id)) {
            db.execute("UPDATE due_work_open SET lost_leases = 5");
          }
        });
    turn();
    Row run = executed(id);
    assertThat(run.getString("error_code")).isEqualTo("lease_lost");
    assertThat(run.getString("error_message"))
        .startsWith("Its worker was lost 6 times; given up. Max retries exhausted. Step c")
        .endsWith(
            "Compensated: b[1]. Not compensated: b[0] (not tried to the end), a (not tried to the end).");
  }

  /** Lets the first lease be lost, as if its worker had died. */
  private boolean loses(UUID id) {
    return db.execute(
            """
            UPDATE due_work_open
            SET locked_until = now() - interval '1 s', lease_token = gen_random_uuid()
            WHERE id = $1 AND lost_leases = 0 AND locked_until > now()""",
            id)
        == 1;
  }

  @Test
  void a_run_that_was_canceled_before_is_not_rolled_back() {
    UUID id = work(ORDER);
    ledger.before(
        call -> {
          if (call.idempotencyKey().endsWith(":c")) {
            db.execute("UPDATE due_work_open SET cancel_requested = true");
          }
        });
    assertThat(executed(id).getString("status")).isEqualTo("canceled");
    assertThat(ledger.effects()).containsExactly("a", "b:0", "b:1", "plain");
  }

  @Test
  void a_rollback_waits_for_long_without_a_slot() {
    UUID id =
        work(
            """
            [{"id": "a", "uses": "act", "retry_count": 2, "retry_delay_seconds": 30,
              "compensate": {"uses": "act", "with": {"fails": 1}}},
             {"id": "c", "uses": "no-such", "on_error": "rollback"}]""");
    assertThat(turn()).isInstanceOf(RunOutcome.Parked.class);
    Row parked = db.work(id);
    assertThat(parked.getString("phase")).isEqualTo("rollback");
    assertThat(parked.getInteger("attempt")).isEqualTo(1);
    db.execute("UPDATE due_work_open SET available_at = now()");
    assertThat(executed(id).getString("error_message")).endsWith("Compensated: a.");
  }

  @Test
  void an_effect_that_came_while_the_worker_drained_is_not_forgotten() {
    UUID id = work("[{\"id\": \"a\", \"uses\": \"act\"}, {\"id\": \"b\", \"uses\": \"act\"}]");
    CountDownLatch inEffect = new CountDownLatch(1);
    ledger.after(
        call -> {
          if (call.idempotencyKey().endsWith(":a") && inEffect.getCount() == 1) {
            inEffect.countDown();
            try {
              new CountDownLatch(1).await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }
        });
    Worker draining = db.worker("draining", Map.of("grace", "PT0.1S"), Map.of("act", ledger));
    draining.turn();
    await().until(() -> inEffect.getCount() == 0);
    draining.close();
    assertThat(db.work(id).getString("status")).isEqualTo("pending");
    assertThat(executed(id).getString("status")).isEqualTo("success");
    assertThat(ledger.effects()).containsExactly("a", "b");
  }
}

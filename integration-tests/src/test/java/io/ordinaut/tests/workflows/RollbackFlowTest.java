package io.ordinaut.tests.workflows;

import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.tests.utils.Harness;
import io.ordinaut.tests.utils.Ledger;
import io.ordinaut.tests.utils.PipelineBench;
import io.ordinaut.worker.run.RunOutcome;
import io.vertx.sqlclient.Row;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Runs that undo what they did. */
@Order(4)
class RollbackFlowTest {
  @AutoClose private final PipelineBench bench = new PipelineBench();
  private final Ledger ledger = bench.ledger();
  private final Harness db = bench.db();

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
    UUID id = bench.work(ORDER);
    Row run = bench.executed(id);
    assertThat(run.getString("status")).isEqualTo("failed");
    assertThat(run.getString("error_code")).isEqualTo("retries_exhausted");
    assertThat(run.getString("error_message"))
        .isEqualTo("Max retries exhausted. Step c: no luck. Compensated: b[1], b[0], a.");
    assertThat(ledger.effects())
        .containsExactly(
            "a", "b:0", "b:1", "plain", "b:1:compensate", "b:0:compensate", "a:compensate");
    assertThat(ledger.entries().get(6).input().get("undo").asText()).isEqualTo(id + ":b:1");
    assertThat(ledger.entries().get(6).input().get("x").asInt()).isEqualTo(6);
    assertThat(bench.log(id)).contains("compensate b[1] success", "compensate a success");
    assertThat(db.work(id).getString("phase")).isEqualTo("rollback");
  }

  @Test
  void elements_of_the_step_that_failed_are_undone_too() {
    UUID id =
        bench.work(
            """
            [{"id": "each", "uses": "act", "foreach": "[`0`, `9`, `0`]", "on_error": "rollback",
              "retry_count": 1, "with": {"fails": "${item}"},
              "compensate": {"uses": "act", "with": {"undo": "${steps.each.receipt}"}}}]""");
    assertThat(bench.executed(id).getString("error_message"))
        .isEqualTo("Max retries exhausted. Step each, item 1: no luck. Compensated: each[0].");
    assertThat(ledger.effects()).containsExactly("each:0", "each:0:compensate");
  }

  @Test
  void of_a_list_without_elements_nothing_is_undone() {
    UUID id =
        bench.work(
            """
            [{"id": "each", "uses": "act", "foreach": "`[]`", "compensate": {"uses": "act"}},
             {"id": "b", "uses": "assert", "with": {"that": false}, "on_error": "rollback"}]""");
    assertThat(bench.executed(id).getString("error_message"))
        .endsWith("There was nothing to compensate.");
    assertThat(ledger.entries()).isEmpty();
  }

  @Test
  void what_can_not_be_undone_is_named_and_stops_nobody_else() {
    UUID id =
        bench.work(
            """
            [{"id": "a", "uses": "act", "compensate": {"uses": "act"}},
             {"id": "b", "uses": "act", "compensate": {"uses": "act", "with": {"fails": 9}}},
             {"id": "c", "uses": "no-such", "on_error": "rollback"}]""",
            1);
    assertThat(bench.executed(id).getString("error_message"))
        .isEqualTo(
            "Step c: There is no tool named no-such. Compensated: a. Not compensated: b (no luck).");
    assertThat(ledger.calls(id + ":b:compensate")).as("two tries in all").hasSize(2);
  }

  @Test
  void a_rollback_is_not_canceled_and_goes_on_after_its_worker_is_lost() {
    UUID id = bench.work(ORDER);
    ledger.before(
        call -> {
          if (call.idempotencyKey().endsWith("b:0:compensate") && bench.loses(id)) {
            db.execute("UPDATE due_work_open SET cancel_requested = true");
          }
        });
    assertThat(bench.turn()).isInstanceOf(RunOutcome.Lost.class);
    Row run = bench.executed(id);
    assertThat(run.getString("status")).isEqualTo("failed");
    assertThat(run.getString("error_message")).endsWith("Compensated: b[1], b[0], a.");
    assertThat(ledger.calls(id + ":b:1:compensate")).hasSize(1);
    assertThat(ledger.calls(id + ":c")).hasSize(2);
    assertThat(ledger.ambiguousKeys()).isEmpty();
  }

  @Test
  void a_list_that_was_late_once_does_not_end_a_rollback_that_another_worker_goes_on_with() {
    UUID id = bench.work(ORDER);
    ledger.before(
        call -> {
          if (call.idempotencyKey().endsWith("b:1:compensate") && bench.loses(id)) {
            db.execute(
                """
                INSERT INTO run_log (run_id, step_id, attempt, status, error_code, error, started_at,
                  finished_at, created_at)
                SELECT run_id, 'b', 1, 'failed', 'timeout', 'late', started_at, finished_at,
                  created_at
                FROM run_log WHERE step_id = 'a' AND kind = 'step'""");
          }
        });
    assertThat(bench.turn()).isInstanceOf(RunOutcome.Lost.class);
    assertThat(bench.executed(id).getString("error_message"))
        .isEqualTo("Max retries exhausted. Step c: no luck. Compensated: b[1], b[0], a.");
    assertThat(ledger.ambiguousKeys()).isEmpty();
  }

  /** Another worker goes on at once, which has not seen any secret. */
  private RunOutcome another() {
    db.execute("UPDATE due_work_open SET available_at = now()");
    bench.actingBy(ledger);
    return bench.turn();
  }

  private void loseAt(String key, UUID id, Runnable meanwhile) {
    ledger.before(
        call -> {
          if (call.idempotencyKey().endsWith(key) && bench.loses(id)) {
            meanwhile.run();
          }
        });
  }

  private void failLate(UUID id, String step) {
    db.execute(
        """
        INSERT INTO run_log (run_id, step_id, attempt, status, error_code, error, started_at,
          finished_at)
        VALUES ($1, $2, 1, 'failed', 'timeout', 'late', now(), now())""",
        id,
        step);
  }

  @Test
  void what_undoes_a_step_is_told_the_same_whatever_has_become_of_an_earlier_list() {
    db.secret("A", "first-of-all");
    UUID id =
        bench.work(
            """
            [{"id": "a", "uses": "act", "foreach": "[secrets.A]", "save_as": "a",
              "compensate": {"uses": "act", "with": {"undo": "${steps.a.receipt}"}}},
             {"id": "x", "uses": "act", "save_as": "x"},
             {"id": "b", "uses": "act", "compensate": {"uses": "act",
              "with": {"all": "${steps.a[*].receipt}", "one": "${steps.x.receipt}"}}},
             {"id": "c", "uses": "no-such", "on_error": "rollback"}]""");
    loseAt(
        "b:compensate",
        id,
        () -> {
          db.execute("DELETE FROM secret");
          failLate(id, "a");
        });
    assertThat(bench.turn()).isInstanceOf(RunOutcome.Lost.class);
    another();
    assertThat(bench.executed(id).getString("error_message"))
        .isEqualTo("Step c: There is no tool named no-such. Compensated: b, a[0].");
    assertThat(ledger.calls(id + ":b:compensate")).hasSize(2);
    assertThat(ledger.ambiguousKeys()).isEmpty();
  }

  private static String listOfSecrets(String last) {
    return """
        [{"id": "s", "uses": "act", "foreach": "[secrets.A, secrets.A]", "on_error": "rollback",
          "retry_count": 2, "retry_delay_seconds": 30, "save_as": "s",
          "compensate": {"uses": "act", "with": {"undo": "${steps.s.receipt}", "fails": 1}}},
         %s]"""
        .formatted(last);
  }

  @Test
  void a_rollback_that_a_list_led_to_goes_on_when_the_list_is_there_again() {
    db.secret("A", "first-of-all");
    UUID id = bench.work(listOfSecrets("{\"id\": \"t\", \"uses\": \"act\"}"));
    loseAt("s:1", id, () -> db.execute("DELETE FROM secret"));
    assertThat(bench.turn()).isInstanceOf(RunOutcome.Lost.class);
    assertThat(another()).as("s is undone again").isInstanceOf(RunOutcome.Parked.class);
    assertThat(db.work(id).getString("phase")).isEqualTo("rollback");
    db.secret("A", "first-of-all");
    another();
    assertThat(bench.executed(id).getString("error_message"))
        .isEqualTo("Step s: There is no secret named A. Compensated: s[0].");
    assertThat(ledger.calls(id + ":t")).isEmpty();
  }

  @Test
  void neither_does_one_end_that_a_late_list_led_to_when_the_list_is_found_in_time() {
    db.secret("A", "first-of-all");
    UUID id = bench.work(listOfSecrets("{\"id\": \"t\", \"uses\": \"act\"}"));
    loseAt(
        "s:1",
        id,
        () -> {
          failLate(id, "s");
          db.execute("UPDATE due_work_open SET phase = 'rollback'");
        });
    assertThat(bench.turn()).isInstanceOf(RunOutcome.Lost.class);
    assertThat(another()).as("s is undone again").isInstanceOf(RunOutcome.Parked.class);
    another();
    assertThat(bench.executed(id).getString("error_message"))
        .isEqualTo("Max retries exhausted. Step s: late. Compensated: s[0].");
  }

  @Test
  void a_list_is_not_asked_for_again_once_later_steps_were_tried() {
    db.secret("A", "first-of-all");
    UUID id =
        bench.work(
            listOfSecrets(
                """
                {"id": "t", "uses": "act", "with": {"fails": 1, "s": "${steps.s}"},
                 "retry_count": 2, "retry_delay_seconds": 30}"""));
    assertThat(bench.turn()).as("t is tried again").isInstanceOf(RunOutcome.Parked.class);
    db.execute("DELETE FROM secret");
    failLate(id, "s");
    another();
    assertThat(bench.executed(id).getString("status")).isEqualTo("success");
    assertThat(ledger.calls(id + ":t")).hasSize(2);
    assertThat(ledger.ambiguousKeys()).isEmpty();
  }

  @Test
  void what_is_undone_for_an_element_is_so_for_what_the_list_was_in_its_place() {
    UUID id =
        bench.work(
            """
            [{"id": "get", "uses": "echo-tool", "with": {"all": [7, 8]}, "save_as": "list"},
             {"id": "s", "uses": "act", "foreach": "steps.list.all", "save_as": "list",
              "compensate": {"uses": "act", "with": {"x": "${item}"}}},
             {"id": "t", "uses": "act", "with": {"fails": 2}, "retry_count": 2,
              "retry_delay_seconds": 30, "on_error": "rollback"}]""");
    assertThat(bench.turn()).isInstanceOf(RunOutcome.Parked.class);
    another();
    assertThat(bench.executed(id).getString("error_message")).endsWith("Compensated: s[1], s[0].");
    assertThat(ledger.calls(id + ":s:1:compensate"))
        .singleElement()
        .matches(call -> call.input().get("x").asInt() == 8);
  }

  @Test
  void what_is_to_be_undone_for_an_element_that_is_not_known_is_named() {
    db.secret("A", "first-of-all");
    UUID id =
        bench.work(
            """
            [{"id": "s", "uses": "act", "foreach": "[secrets.A, secrets.A]",
              "compensate": {"uses": "act", "with": {"x": "${item}"}}},
             {"id": "t", "uses": "act", "with": {"fails": 2}, "retry_count": 2,
              "retry_delay_seconds": 30, "on_error": "rollback"}]""");
    assertThat(bench.turn()).isInstanceOf(RunOutcome.Parked.class);
    db.execute("DELETE FROM secret");
    another();
    assertThat(bench.executed(id).getString("error_message"))
        .isEqualTo(
            "Max retries exhausted. Step t: no luck. Not compensated:"
                + " s[1] (its element is not known any more),"
                + " s[0] (its element is not known any more).");
    assertThat(ledger.effects()).containsExactly("s:0", "s:1");
  }

  @Test
  void a_rollback_whose_workers_are_lost_again_and_again_names_what_is_left() {
    UUID id = bench.work(ORDER);
    ledger.before(
        call -> {
          if (call.idempotencyKey().endsWith("b:0:compensate") && bench.loses(id)) {
            db.execute("UPDATE due_work_open SET lost_leases = 5");
          }
        });
    bench.turn();
    Row run = bench.executed(id);
    assertThat(run.getString("error_code")).isEqualTo("lease_lost");
    assertThat(run.getString("error_message"))
        .startsWith("Its worker was lost 6 times; given up. Max retries exhausted. Step c")
        .endsWith(
            "Compensated: b[1]. Not compensated: b[0] (not tried to the end), a (not tried to the end).");
  }

  @Test
  void a_run_that_was_canceled_before_is_not_rolled_back() {
    UUID id = bench.work(ORDER);
    ledger.before(
        call -> {
          if (call.idempotencyKey().endsWith(":c")) {
            db.execute("UPDATE due_work_open SET cancel_requested = true");
          }
        });
    assertThat(bench.executed(id).getString("status")).isEqualTo("canceled");
    assertThat(ledger.effects()).containsExactly("a", "b:0", "b:1", "plain");
  }

  @Test
  void a_rollback_waits_for_long_without_a_slot() {
    UUID id =
        bench.work(
            """
            [{"id": "a", "uses": "act", "retry_count": 2, "retry_delay_seconds": 30,
              "compensate": {"uses": "act", "with": {"fails": 1}}},
             {"id": "c", "uses": "no-such", "on_error": "rollback"}]""");
    assertThat(bench.turn()).isInstanceOf(RunOutcome.Parked.class);
    Row parked = db.work(id);
    assertThat(parked.getString("phase")).isEqualTo("rollback");
    assertThat(parked.getInteger("attempt")).isEqualTo(1);
    db.execute("UPDATE due_work_open SET available_at = now()");
    assertThat(bench.executed(id).getString("error_message")).endsWith("Compensated: a.");
  }
}

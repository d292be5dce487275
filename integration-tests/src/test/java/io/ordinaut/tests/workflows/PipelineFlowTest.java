package io.ordinaut.tests.workflows;

import static io.ordinaut.tests.utils.PipelineBench.outputs;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.api.task.TaskCommands;
import io.ordinaut.json.Json;
import io.ordinaut.tests.utils.Fixtures;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.tests.utils.Ledger;
import io.ordinaut.tests.utils.PipelineBench;
import io.ordinaut.worker.loop.Worker;
import io.ordinaut.worker.run.RunOutcome;
import io.vertx.core.json.JsonArray;
import io.vertx.sqlclient.Row;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Delays, errors that are lived with, and errors that are not. */
@Order(4)
class PipelineFlowTest {
  @AutoClose private final PipelineBench bench = new PipelineBench();
  private final Ledger ledger = bench.ledger();
  private final Harness db = bench.db();

  @Test
  void an_output_in_a_text_is_the_same_before_and_after_it_was_stored() throws Exception {
    JsonNode given =
        Json.MAPPER.readTree(
            """
            {"longest": 1, "b": {"zz": 1E+3, "y": 1.50}, "a": [1e-9, {"ü": 1, "zzz": 2, "zz": 3}],
             "é": 0.1, "Z": -0.0, "aa": 12345678901234567890}""");
    bench.actingBy(call -> given);
    UUID id =
        bench.work(
            """
            [{"id": "a", "uses": "act"},
             {"id": "b", "uses": "echo-tool", "with": {"text": "It is ${steps.a}"}, "save_as": "b"}]""");
    String seen = outputs(bench.executed(id)).at("/b/text").asText();
    String stored =
        db.query("SELECT output::text FROM run_log WHERE step_id = 'a'").get(0).getString(0);
    assertThat(seen).isEqualTo("It is " + Json.write(Json.read(stored)));
  }

  /** By the clock of the database. */
  private Instant now() {
    return db.query("SELECT clock_timestamp()").get(0).getOffsetDateTime(0).toInstant();
  }

  @Test
  void a_delay_holds_no_slot_burns_no_attempt_and_is_not_repeated() {
    UUID id =
        bench.work(
            """
            [{"id": "first", "uses": "act", "with": {"at": "${now}"}},
             {"id": "wait", "uses": "delay", "with": {"seconds": 60}, "save_as": "waited"},
             {"id": "then", "uses": "act", "with": {"at": "${now}"}}]""");
    Instant before = now();
    assertThat(bench.turn()).isInstanceOf(RunOutcome.Parked.class);
    Instant after = now();
    Row parked = db.work(id);
    assertThat(parked.getString("status")).isEqualTo("pending");
    assertThat(parked.getInteger("attempt")).isEqualTo(1);
    assertThat(parked.getUUID("lease_token")).isNull();
    Row wait = db.query("SELECT * FROM run_log WHERE step_id = 'wait'").get(0);
    assertThat(wait.getString("status")).isEqualTo("success");
    assertThat(wait.getOffsetDateTime("finished_at"))
        .isEqualTo(parked.getOffsetDateTime("available_at"));
    Instant begun = wait.getOffsetDateTime("started_at").toInstant();
    Instant over = wait.getOffsetDateTime("finished_at").toInstant();
    assertThat(begun).isBetween(before, after);
    assertThat(over).isBetween(begun.plusSeconds(60), after.plusSeconds(60));

    db.execute("UPDATE due_work_open SET available_at = now() WHERE id = $1", id);
    Row run = bench.executed(id);
    assertThat(run.getString("status")).isEqualTo("success");
    assertThat(run.getInteger("attempt")).isEqualTo(1);
    assertThat(bench.log(id))
        .containsExactly("step first success", "step wait success", "step then success");
    String end = outputs(run).at("/waited/until").asText();
    assertThat(Instant.parse(end)).isEqualTo(over);
    assertThat(ledger.entries().get(1).input().get("at").asText())
        .as("time has gone on to the end of the delay")
        .isEqualTo(end);
    assertThat(Instant.parse(ledger.entries().get(0).input().get("at").asText()))
        .isBefore(Instant.parse(end));
  }

  @Test
  void a_short_delay_is_slept() {
    UUID id =
        bench.work(
            """
            [{"id": "nap", "uses": "delay", "with": {"seconds": 0.05}},
             {"id": "past", "uses": "delay", "with": {"until": "${now-1h}"}}]""");
    assertThat(bench.turn()).isInstanceOf(RunOutcome.Ended.class);
    assertThat(bench.executed(id).getString("status")).isEqualTo("success");
  }

  @Test
  void an_output_with_a_secret_for_a_name_is_the_same_before_and_after_it_was_stored() {
    db.secret("NAME", "hunter2hunter2");
    bench.actingBy(call -> Json.read("{\"a-longer\": 1, \"hunter2hunter2\": 2}"));
    UUID id =
        bench.work(
            """
            [{"id": "a", "uses": "act", "with": {"name": "${secrets.NAME}"}},
             {"id": "b", "uses": "echo-tool", "with": {"text": "${to_string(steps.a)}"}, "save_as": "b"}]""");
    assertThat(outputs(bench.executed(id)).at("/b/text").asText())
        .isEqualTo("{\"***\":2,\"a-longer\":1}");
  }

  @Test
  void a_failure_that_the_run_went_past_is_not_made_good_by_who_takes_over() {
    bench.work(
        """
        [{"id": "c", "uses": "act", "with": {"s": "${secrets.LATE}"}, "on_error": "continue"},
         {"id": "h", "uses": "act", "with": {"c": "${steps.c}"}}]""");
    ledger.after(
        call -> {
          if (call.idempotencyKey().endsWith(":h")
              && db.execute(
                      """
                      UPDATE due_work_open
                      SET locked_until = now() - interval '1 s', lease_token = gen_random_uuid()
                      WHERE lost_leases = 0""")
                  == 1) {
            db.secret("LATE", "hunter2hunter2");
          }
        });
    assertThat(bench.turn()).isInstanceOf(RunOutcome.Lost.class);
    Worker other = bench.worker("other", ledger);
    assertThat(other.execute(other.lease(1).leases().get(0))).isInstanceOf(RunOutcome.Ended.class);
    assertThat(ledger.effects()).containsExactly("h", "h");
    assertThat(ledger.ambiguousKeys()).isEmpty();
  }

  @Test
  void the_end_of_a_delay_is_read_back_even_where_it_is_a_secret() {
    db.secret("DATE", "2020-01-01T00:00:00Z");
    UUID id =
        bench.work(
            """
            [{"id": "wait", "uses": "delay", "with": {"until": "${secrets.DATE}"}},
             {"id": "then", "uses": "echo-tool", "with": {"it": "${secrets.DATE}"},
              "save_as": "then"}]""");
    Row run = bench.executed(id);
    assertThat(run.getString("status")).as(run.getString("error_message")).isEqualTo("success");
    assertThat(outputs(run).at("/then/it").asText()).isEqualTo("***");
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
      Row run =
          bench.executed(
              bench.work("[{\"id\": \"d\", \"uses\": \"delay\", \"with\": " + with + "}]"));
      assertThat(run.getString("error_code")).as(with).isEqualTo("template_error");
      assertThat(run.getString("error_message")).startsWith("Step d: The input of delay: ");
    }
  }

  @Test
  void a_failure_that_is_lived_with_leaves_null() {
    UUID id =
        bench.work(
            """
            [{"id": "shaky", "uses": "act", "with": {"fails": 9}, "on_error": "continue",
              "save_as": "shaky"},
             {"id": "wrong", "uses": "no-such", "on_error": "continue", "retry_count": 3},
             {"id": "then", "uses": "act", "if": "steps.shaky == null && steps.wrong == null",
              "with": {"got": "${steps.shaky}"}, "save_as": "then"}]""",
            5);
    Row run = bench.executed(id);
    assertThat(run.getString("status")).as(run.getString("error_message")).isEqualTo("success");
    assertThat(run.getInteger("attempt")).isEqualTo(1);
    assertThat(outputs(run).get("shaky").isNull()).isTrue();
    assertThat(outputs(run).at("/then/input/got").isNull()).isTrue();
    assertThat(bench.log(id))
        .containsExactly("step shaky failed", "step wrong failed", "step then success");
  }

  @Test
  void an_output_that_does_not_match_its_schema_is_not_asked_for_again() {
    UUID id =
        bench.work(
            """
            [{"id": "s", "uses": "act", "retry_count": 3, "with": {"n": "one"}, "output_schema":
              {"properties": {"input": {"properties": {"n": {"type": "integer"}}}}}}]""");
    Row run = bench.executed(id);
    assertThat(run.getString("error_code")).isEqualTo("schema_error");
    assertThat(run.getString("error_message")).contains("does not match output_schema", "n");
    assertThat(bench.log(id)).containsExactly("step s failed");
  }

  @Test
  void an_effect_that_came_while_the_worker_drained_is_not_forgotten() {
    UUID id =
        bench.work("[{\"id\": \"a\", \"uses\": \"act\"}, {\"id\": \"b\", \"uses\": \"act\"}]");
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
    assertThat(bench.executed(id).getString("status")).isEqualTo("success");
    assertThat(ledger.effects()).containsExactly("a", "b");
  }

  @Test
  void an_error_that_a_tool_throws_is_a_failure_like_others() {
    for (Error error :
        List.of(new StackOverflowError(), new OutOfMemoryError("no"), new AssertionError("odd"))) {
      bench.actingBy(
          call -> {
            throw error;
          });
      UUID id = bench.work("[{\"id\": \"a\", \"uses\": \"act\", \"retry_count\": 3}]", 3);
      assertThat(bench.turn()).isInstanceOf(RunOutcome.Ended.class);
      Row run = db.query("SELECT * FROM task_run WHERE id = $1", id).get(0);
      String why =
          error.getMessage() == null ? error.getClass().getSimpleName() : error.getMessage();
      assertThat(run.getString("error_message"))
          .isEqualTo("Max retries exhausted. Step a: The tool failed: " + why);
      assertThat(bench.log(id)).hasSize(3);
    }
    assertThat(db.count("SELECT count(*) FROM due_work_open")).isZero();
  }

  @Test
  void a_task_that_is_renamed_while_its_run_waits_keeps_one_body_per_key() {
    UUID task =
        Fixtures.createTask(
            db,
            "old",
            0,
            new JsonArray(
                """
                [{"id": "a", "uses": "act", "with": {"title": "${task.title}", "fails": 2}}]"""));
    TaskCommands commands = new TaskCommands(db.db(), db.nudges());
    db.tick().once();
    assertThat(bench.turn()).isInstanceOf(RunOutcome.Parked.class);
    for (String title : List.of("new", "newer")) {
      commands.edit(task, Json.read("{\"title\": \"" + title + "\"}"), null);
      db.execute("UPDATE due_work_open SET available_at = now()");
      bench.turn();
    }
    assertThat(db.query("SELECT status FROM task_run WHERE task_id = $1", task))
        .extracting(row -> row.getString(0))
        .containsExactly("success");
    assertThat(ledger.ambiguousKeys()).isEmpty();
    assertThat(ledger.entries())
        .extracting(entry -> entry.input().get("title").asText())
        .containsExactly("old", "old", "old");
  }
}

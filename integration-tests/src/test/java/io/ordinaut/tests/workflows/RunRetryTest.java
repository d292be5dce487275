package io.ordinaut.tests.workflows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ordinaut.failure.ErrorCode;
import io.ordinaut.json.Json;
import io.ordinaut.tests.utils.Fixtures;
import io.ordinaut.worker.loop.Worker;
import io.ordinaut.worker.tool.Tool;
import io.ordinaut.worker.tool.ToolException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** A run that is tried again: what it repeats, and what it doesn't. */
class RunRetryTest extends RetryBench {
  @Test
  void a_retry_goes_on_at_the_failed_step_under_the_same_keys() {
    UUID first = work(CHAIN.formatted(2));
    assertThat(end(first)).isEqualTo("failed");
    UUID second = commands.retry(first, FROM_FAILED);
    assertThat(end(second)).isEqualTo("failed");
    UUID third = commands.retry(second, FROM_FAILED);
    assertThat(end(third)).isEqualTo("success");

    assertThat(ledger.effects()).as("nothing is done twice").containsExactly("a", "b", "c");
    assertThat(ledger.ambiguousKeys()).as("nothing else is asked under a key").isEmpty();
    assertThat(ledger.entries()).allMatch(entry -> entry.key().startsWith(first + ":"));
    assertThat(ledger.calls(first + ":b").toList().get(2).input().get("n").asInt()).isEqualTo(7);
    assertThat(run(third).getUUID("resumes")).isEqualTo(second);
    assertThat(run(third).getUUID("root_id")).isEqualTo(first);
    assertThat(run(third).getString("cause")).isEqualTo("redrive");
    assertThat(run(third).getOffsetDateTime("run_at"))
        .isEqualTo(run(first).getOffsetDateTime("run_at"));
    assertRefused(first, FROM_FAILED, third + " went on with it and succeeded");
    assertRefused(third, FROM_FAILED, "The run succeeded");
  }

  @Test
  void the_first_run_may_be_tried_again_though_another_has_gone_on_with_it() {
    UUID first =
        work(
            CHAIN
                .formatted(1)
                .replace("\"of\"", "\"fails\": 1, \"of\"")
                .replace("\"c\",", "\"c\", \"retry_count\": 1,"));
    end(first);
    assertThat(end(commands.retry(first, FROM_FAILED))).as("fails at c").isEqualTo("failed");
    assertThat(end(commands.retry(first, FROM_FAILED))).isEqualTo("success");
    assertThat(ledger.effects()).containsExactly("a", "b", "c");
  }

  @Test
  void from_the_start_all_is_done_again_under_keys_of_its_own() {
    UUID first = work(CHAIN.formatted(1));
    end(first);
    UUID second = commands.retry(first, ORIGINAL);
    end(second);
    assertThat(run(second).getUUID("resumes")).isEqualTo(first);
    assertThat(run(second).getUUID("root_id")).isNull();
    assertThat(ledger.calls(second + ":a")).hasSize(1);
    assertThat(ledger.calls(second + ":b").findFirst().orElseThrow().input().get("n").asInt())
        .isEqualTo(7);
  }

  @Test
  void what_went_on_after_a_failure_is_not_tried_again() {
    UUID first =
        work(
            """
            {"id": "a", "uses": "act", "with": {"fails": 9}, "on_error": "continue"},
            {"id": "l", "uses": "act", "foreach": "[`0`, `1`]", "retry_count": 1,
             "with": {"fails": "${item}"}}""");
    end(first);
    assertThat(end(commands.retry(first, FROM_FAILED))).isEqualTo("success");
    assertThat(ledger.calls(first + ":a")).hasSize(1);
    assertThat(ledger.calls(first + ":l:0")).hasSize(1);
    assertThat(ledger.calls(first + ":l:1")).hasSize(2);
  }

  /** The worker dies in h until the run is given up: h is not in the log. */
  @Test
  void what_a_lost_run_went_past_stays_failed_when_it_is_tried_again() {
    ledger.after(
        call -> {
          if (call.idempotencyKey().endsWith(":h")) {
            db.execute(
                """
                UPDATE due_work_open SET locked_until = now() - interval '1 s', lost_leases = 9,
                  lease_token = gen_random_uuid()
                WHERE id = $1 AND root_id IS NULL""",
                call.runId());
          }
        });
    for (String list : List.of("", "\"foreach\": \"[`0`, `1`]\",")) {
      UUID first =
          work(
              """
              {"id": "c", "uses": "act", %s "with": {"fails": 1}, "on_error": "continue"},
              {"id": "h", "uses": "act", "with": {"c": "${steps.c}"}}"""
                  .formatted(list));
      worker.lease(1).leases().forEach(worker::execute);
      Worker other = db.worker("other", Map.of(), Map.of("act", ledger));
      other.lease(1).leases().forEach(other::execute);
      assertThat(run(first).getString("error_code")).isEqualTo("lease_lost");
      assertThat(end(commands.retry(first, FROM_FAILED))).isEqualTo("success");
      assertThat(ledger.calls(first + ":h")).hasSize(2);
    }
    assertThat(ledger.ambiguousKeys()).isEmpty();
  }

  /** A retry with a minute of its own, an hour after the first run began. */
  private UUID retryAnHourLater(UUID first) {
    for (String table : List.of("task_run", "due_work_done")) {
      assertThat(
              db.execute(
                  "UPDATE %s SET started_at = started_at - interval '1 h' WHERE id = $1"
                      .formatted(table),
                  first))
          .isEqualTo(1);
    }
    UUID second = commands.retry(first, FROM_FAILED);
    assertThat(
            db.execute(
                """
                UPDATE signal SET payload = jsonb_set(payload, '{settings,timeout_seconds}', '60')
                WHERE id = $1 AND payload -> 'settings' ? 'timeout_seconds'""",
                second))
        .isEqualTo(1);
    return second;
  }

  @Test
  void a_step_in_which_the_time_of_a_run_was_over_is_tried_again_whatever_may_follow_it() {
    UUID first =
        work(
            """
            {"id": "c", "uses": "act", "on_error": "continue"},
            {"id": "h", "uses": "act", "with": {"c": "${steps.c}"}}""");
    db.execute(
        "UPDATE due_work_open SET payload = payload || '{\"settings\": {\"timeout_seconds\": 1}}'");
    ledger.before(call -> new CountDownLatch(1).await());
    assertThat(end(first)).isEqualTo("timed_out");
    ledger.before(call -> {});
    assertThat(end(retryAnHourLater(first))).isEqualTo("success");
    assertThat(ledger.effects()).containsExactly("c", "h");
  }

  @Test
  void what_a_tool_says_is_not_taken_for_the_end_of_the_run() {
    UUID first =
        work(
            """
            {"id": "l", "uses": "act", "foreach": "[`0`, `1`]", "retry_count": 1,
             "on_error": "continue"}""");
    db.execute(
        "UPDATE due_work_open SET payload = payload || '{\"settings\": {\"timeout_seconds\": 5}}'");
    ledger.before(
        call -> {
          if (call.idempotencyKey().endsWith(":0")) {
            throw new ToolException(ErrorCode.TIMEOUT, "The time of the run was over.");
          }
          new CountDownLatch(1).await();
        });
    assertThat(end(first)).isEqualTo("timed_out");
    assertThat(db.query("SELECT status FROM run_log WHERE run_id = $1 ORDER BY item", first))
        .extracting(row -> row.getString(0))
        .containsExactly("failed", "timed_out");
    ledger.before(call -> {});
    assertThat(end(retryAnHourLater(first))).isEqualTo("success");
    assertThat(ledger.effects()).containsExactly("l:1");
  }

  @Test
  void a_retry_masks_also_what_a_secret_was_when_the_first_run_gave_it_away() {
    AtomicReference<String> told = new AtomicReference<>();
    Tool remembers =
        call -> {
          if (told.compareAndSet(null, call.input().path("key").asText())) {
            throw new ToolException(ErrorCode.TOOL_ERROR, "no luck");
          }
          return Json.object().put("said", told.get());
        };
    db.secret("KEY", "sesame-sesame");
    UUID first =
        work(
            """
            {"id": "a", "uses": "act", "retry_count": 1, "with": {"key": "${secrets.KEY}"},
             "save_as": "a"}""");
    endWith(remembers, "first");
    assertThat(told).hasValue("sesame-sesame");
    db.execute(
        """
        WITH gone AS (DELETE FROM secret RETURNING name, key_id, nonce, ciphertext)
        INSERT INTO secret_past (name, key_id, nonce, ciphertext) SELECT * FROM gone""");
    db.secret("KEY", "another-sesame");
    UUID second = commands.retry(first, FROM_FAILED);
    endWith(remembers, "second");
    assertThat(run(second).getJsonObject("outputs").encode())
        .isEqualTo("{\"a\":{\"said\":\"***\"}}");
  }

  /** Another worker, which has not seen what secrets were. */
  private void endWith(Tool act, String id) {
    db.tick().once();
    Worker other = db.worker(id, Map.of(), Map.of("act", act));
    other.lease(50).leases().forEach(other::execute);
  }

  @Test
  void a_delay_in_which_a_run_was_canceled_is_waited_for() {
    UUID first =
        work(
            "{\"id\": \"w\", \"uses\": \"delay\", \"with\": {\"seconds\": 600}},"
                + " {\"id\": \"a\", \"uses\": \"act\"}");
    worker.lease(1).leases().forEach(worker::execute);
    commands.cancel(first);
    UUID second = commands.retry(first, FROM_FAILED);
    db.tick().once();
    assertThat(worker.lease(1).leases()).isEmpty();
    db.execute("UPDATE due_work_open SET available_at = now()");
    end(second);
    assertThat(ledger.effects()).containsExactly("a");
  }

  @Test
  void while_a_retry_is_open_there_is_no_other() {
    UUID first = work(CHAIN.formatted(1));
    assertThatThrownBy(() -> commands.retry(first, FROM_FAILED)).hasMessageContaining("not ended");
    end(first);
    UUID second = commands.retry(first, FROM_FAILED);
    assertRefused(first, FROM_FAILED, second + " tries it again and has not ended");
    assertRefused(first, CURRENT, second + " tries it again and has not ended");
    db.tick().once();
    assertRefused(first, FROM_FAILED, second + " tries it again and has not ended");
    assertThatThrownBy(() -> commands.retry(UUID.randomUUID(), FROM_FAILED))
        .hasMessageContaining("no such run");
  }

  @Test
  void what_was_undone_is_not_gone_on_with() {
    UUID first =
        work(
            """
            {"id": "a", "uses": "act", "compensate": {"uses": "act"}},
            {"id": "b", "uses": "assert", "with": {"that": false}, "on_error": "rollback"}""");
    end(first);
    assertRefused(first, FROM_FAILED, "has been compensated");
    assertThat(end(commands.retry(first, ORIGINAL))).isEqualTo("failed");
  }

  @Test
  void a_rollback_undoes_also_what_the_run_before_has_done() {
    UUID first =
        work(
            """
            {"id": "a", "uses": "act", "compensate": {"uses": "act"}},
            {"id": "b", "uses": "act", "with": {"fails": 9}, "retry_count": 1}""");
    end(first);
    UUID second = commands.retry(first, FROM_FAILED);
    db.tick().once();
    db.execute(
        """
        UPDATE due_work_open SET payload = jsonb_set(payload, '{pipeline,1,on_error}', '"rollback"')
        WHERE id = $1""",
        second);
    end(second);
    assertThat(ledger.effects()).containsExactly("a", "a:compensate");
    assertThat(run(second).getString("error_message")).contains("Compensated: a.");
  }

  @Test
  void a_run_that_a_condition_started_is_gone_on_with_and_a_look_that_failed_is_not() {
    UUID task = Fixtures.createTestTask(db, "condition", 60_000);
    UUID first = look(task, 0);
    assertThat(end(first)).isEqualTo("failed");
    assertThat(end(commands.retry(first, FROM_FAILED))).isEqualTo("success");
    assertThat(ledger.entries()).as("one look, two tries of the step").hasSize(3);
    assertThat(ledger.calls(first + ":a").allMatch(entry -> entry.input().get("v").asInt() == 1))
        .isTrue();

    UUID failed = look(task, 9);
    assertThat(end(failed)).isEqualTo("failed");
    assertRefused(failed, FROM_FAILED, "The look at the condition failed");
  }
}

package io.ordinaut.tests.workflows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ordinaut.api.http.Page;
import io.ordinaut.api.run.RedriveRequest;
import io.ordinaut.api.run.RetryMode;
import io.ordinaut.api.run.RetryMode.Payload;
import io.ordinaut.api.run.RunCommands;
import io.ordinaut.api.run.RunFilter;
import io.ordinaut.api.run.RunTable;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.json.Json;
import io.ordinaut.secret.Sealed;
import io.ordinaut.tests.utils.Fixtures;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.tests.utils.Ledger;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.loop.Worker;
import io.ordinaut.worker.tool.Tool;
import io.ordinaut.worker.tool.ToolException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Runs that are tried again: what they repeat, what they don't, and when they may. */
class RunRetryTest {
  private static final RetryMode FROM_FAILED = new RetryMode(false, Payload.ORIGINAL);
  private static final RetryMode ORIGINAL = new RetryMode(true, Payload.ORIGINAL);
  private static final RetryMode CURRENT = new RetryMode(true, Payload.CURRENT);

  /** The step b fails once under each key before it succeeds. */
  private static final String CHAIN =
      """
      {"id": "a", "uses": "act", "with": {"at": "${now}", "run": "${run.id}"}},
      {"id": "b", "uses": "act", "retry_count": 1,
       "with": {"fails": %d, "at": "${now}", "n": "${params.n}", "run": "${run.id}"}},
      {"id": "c", "uses": "act", "with": {"of": "${steps.a.receipt}"}}""";

  @AutoClose private final Harness db = new Harness();
  private final Ledger ledger = new Ledger();
  private final Worker worker = db.worker("w", Map.of(), Map.of("act", ledger));
  private final RunCommands commands = new RunCommands(db.db(), db.nudges());

  private UUID work(String steps) {
    UUID id = UUID.randomUUID();
    JsonObject payload = new JsonObject().put("pipeline", new JsonArray("[" + steps + "]"));
    db.execute(
        "INSERT INTO due_work (id, payload, trigger_data) VALUES ($1, $2, '{\"params\": {\"n\": 7}}')",
        id,
        payload);
    return id;
  }

  private String end(UUID id) {
    db.tick().once();
    for (Lease lease : worker.lease(50).leases()) {
      worker.execute(lease);
    }
    return run(id).getString("status");
  }

  private Row run(UUID id) {
    return db.query("SELECT * FROM task_run WHERE id = $1", id).get(0);
  }

  private void assertRefused(UUID id, RetryMode mode, String why) {
    assertThatThrownBy(() -> commands.retry(id, mode)).hasMessageContaining(why);
  }

  private RunCommands.Retried redrive(boolean dryRun) {
    return commands.redrive(
        new RedriveRequest(null, null, null, null, null, 100, dryRun, FROM_FAILED));
  }

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
    assertThat(end(commands.retry(first, FROM_FAILED))).isEqualTo("success");
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
        "UPDATE due_work_open SET payload = payload || '{\"settings\": {\"timeout_seconds\": 1}}'");
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
    assertThat(end(commands.retry(first, FROM_FAILED))).isEqualTo("success");
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
    secret("sesame-sesame");
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
    secret("another-sesame");
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

  private void secret(String value) {
    Sealed sealed = db.box().seal("KEY", value);
    db.execute(
        "INSERT INTO secret (name, key_id, nonce, ciphertext) VALUES ('KEY', $1, $2, $3)",
        sealed.keyId(),
        Buffer.buffer(sealed.nonce()),
        Buffer.buffer(sealed.ciphertext()));
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

  private UUID look(UUID task, int failures) {
    UUID id = UUID.randomUUID();
    JsonObject payload =
        new JsonObject(
            """
            {"condition": {"every": "1m", "probe": {"uses": "act", "with": {"v": 1, "fails": %d}}},
             "settings": {"condition": "probe.input.v > `0`"},
             "pipeline": [{"id": "a", "uses": "act", "retry_count": 1,
               "with": {"v": "${event.probe.input.v}", "fails": 1}}]}"""
                .formatted(failures));
    db.execute(
        "INSERT INTO due_work (id, task_id, cause, payload) VALUES ($1, $2, 'condition', $3)",
        id,
        task,
        payload);
    return id;
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

  @Test
  void without_its_payload_a_run_begins_with_the_task_s() {
    UUID task =
        Fixtures.createTask(
            db,
            "edited",
            0,
            new JsonArray("[{\"id\": \"a\", \"uses\": \"act\", \"with\": {\"v\": 1}}]"));
    db.execute("UPDATE task SET max_retries = 0");
    ledger.before(
        call -> {
          if (call.input().path("v").asInt() == 1) {
            throw new IllegalStateException("broken");
          }
        });
    db.tick().once();
    UUID first = db.query("SELECT id FROM due_work_open").get(0).getUUID(0);
    assertThat(end(first)).isEqualTo("failed");
    db.execute("UPDATE task SET payload = jsonb_set(payload, '{pipeline,0,with,v}', '2')");
    assertThat(end(commands.retry(first, ORIGINAL))).isEqualTo("failed");
    db.execute("DELETE FROM due_work_done");
    assertRefused(first, FROM_FAILED, "payload is gone");
    assertRefused(first, ORIGINAL, "payload is gone");
    UUID last = commands.retry(first, CURRENT);
    assertThat(end(last)).isEqualTo("success");
    assertThat(end(commands.retry(last, new RetryMode(true, null)))).isEqualTo("success");
    assertRefused(last, ORIGINAL, "not of a run that succeeded");
    assertThat(db.query("SELECT status FROM task WHERE id = $1", task).get(0).getString(0))
        .as("as its own run settled it")
        .isEqualTo("failed");
  }

  @Test
  void runs_that_match_are_tried_again_once() {
    List<UUID> failed =
        List.of(
            work(CHAIN.formatted(1)),
            work(CHAIN.formatted(2)),
            work("{\"id\": \"x\", \"uses\": \"assert\", \"with\": {\"that\": false}}"));
    UUID fine = work("{\"id\": \"a\", \"uses\": \"act\"}");
    end(fine);
    RunCommands.Retried dry = redrive(true);
    assertThat(dry.started().keySet()).containsExactlyInAnyOrderElementsOf(failed);
    assertThat(db.count("SELECT count(*) FROM signal")).as("a dry run does nothing").isZero();

    RunCommands.Retried some =
        commands.redrive(
            new RedriveRequest(
                null, "retries_exhausted", "failed", null, null, 100, false, FROM_FAILED));
    assertThat(some.started().keySet()).containsExactlyInAnyOrderElementsOf(failed.subList(0, 2));
    assertThat(redrive(true).started().keySet()).containsExactly(failed.get(2));
    UUID failing = some.started().get(failed.get(1));
    end(failing);
    RunCommands.Retried again = redrive(false);
    assertThat(again.started().keySet())
        .as("a run that was tried again stands for the one before")
        .containsExactlyInAnyOrder(failing, failed.get(2));
    assertThat(end(again.started().get(failing))).isEqualTo("success");
    assertThat(ledger.ambiguousKeys()).isEmpty();
    assertThat(ledger.effects()).hasSize(7);
  }

  @Test
  void what_can_not_be_tried_again_uses_up_nothing_of_the_limit() {
    UUID plain = work(CHAIN.formatted(9));
    end(plain);
    UUID gone = work(CHAIN.formatted(9));
    end(gone);
    db.execute("DELETE FROM due_work_done WHERE id = $1", gone);
    UUID undone =
        work(
            """
            {"id": "a", "uses": "act", "compensate": {"uses": "act"}},
            {"id": "b", "uses": "assert", "with": {"that": false}, "on_error": "rollback"}""");
    end(undone);
    UUID look = look(Fixtures.createTestTask(db, "condition", 60_000), 9);
    end(look);
    assertThat(redrive(1, FROM_FAILED)).containsExactly(plain);
    assertThat(redrive(3, FROM_FAILED)).as("nothing is left").isEmpty();
    assertThat(redrive(3, ORIGINAL)).containsExactlyInAnyOrder(undone, look);
  }

  private Set<UUID> redrive(int limit, RetryMode mode) {
    RunCommands.Retried retried =
        commands.redrive(new RedriveRequest(null, null, null, null, null, limit, false, mode));
    assertThat(retried.refused()).isEmpty();
    return retried.started().keySet();
  }

  @Test
  void a_run_is_not_begun_anew_without_what_started_it() {
    UUID task =
        Fixtures.createTask(
            db, "told", 60_000, new JsonArray("[{\"id\": \"a\", \"uses\": \"assert\"}]"));
    UUID scheduled = begun(task, "schedule");
    UUID told = begun(task, "event");
    UUID asked = begun(task, "manual");
    UUID again = commands.retry(asked, CURRENT);
    assertThat(end(again)).isEqualTo("failed");
    db.execute("DELETE FROM due_work_done");
    for (UUID run : List.of(told, asked, again)) {
      assertRefused(run, CURRENT, "an event or params, is gone");
    }
    assertThat(redrive(9, CURRENT)).containsExactly(scheduled);
  }

  private UUID begun(UUID task, String cause) {
    UUID id = UUID.randomUUID();
    db.execute(
        """
        INSERT INTO due_work (id, task_id, cause, payload)
        VALUES ($1, $2, $3, '{"pipeline": [{"id": "a", "uses": "assert", "with": {"that": false}}]}')""",
        id,
        task,
        cause);
    assertThat(end(id)).isEqualTo("failed");
    return id;
  }

  @Test
  void of_runs_under_the_same_keys_only_one_is_tried_again_at_a_time() {
    UUID first = work(CHAIN.formatted(9));
    end(first);
    UUID second = commands.retry(first, FROM_FAILED);
    end(second);
    UUID open = commands.retry(first, ORIGINAL);
    assertRefused(second, ORIGINAL, open + " tries it again and has not ended");
    assertRefused(second, FROM_FAILED, open + " tries it again and has not ended");
    assertThat(redrive(9, FROM_FAILED)).isEmpty();
    db.tick().once();
    assertRefused(second, ORIGINAL, open + " tries it again and has not ended");
    assertThat(redrive(9, FROM_FAILED)).isEmpty();
  }

  @Test
  void what_is_not_work_yet_is_listed_as_pending() {
    UUID first = work(CHAIN.formatted(9));
    end(first);
    UUID early = UUID.randomUUID();
    db.execute("INSERT INTO signal (id, created_at) VALUES ($1, now() - interval '1 h')", early);
    UUID waiting = work("{\"id\": \"a\", \"uses\": \"act\"}");
    UUID retried = commands.retry(first, FROM_FAILED);
    assertThat(pending(new Page(10, null, null))).containsExactly(retried, waiting, early);
    Instant moment =
        db.query("SELECT created_at FROM signal WHERE id = $1", retried)
            .get(0)
            .getOffsetDateTime(0)
            .toInstant();
    assertThat(pending(new Page(1, moment, retried))).as("a page").containsExactly(waiting);
    RunFilter ofWorker = new RunFilter(null, "pending", "w", null, null, null);
    assertThat(new RunTable(db.db()).list(ofWorker, new Page(10, null, null))).isEmpty();
  }

  private List<UUID> pending(Page page) {
    RunFilter filter = new RunFilter(null, "pending", null, null, null, null);
    return new RunTable(db.db())
        .list(filter, page).stream().map(run -> UUID.fromString(run.get("id").asText())).toList();
  }
}

package io.ordinaut.tests.workflows;

import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.api.http.Page;
import io.ordinaut.api.run.RedriveRequest;
import io.ordinaut.api.run.RetryMode;
import io.ordinaut.api.run.RunCommands;
import io.ordinaut.api.run.RunFilter;
import io.ordinaut.api.run.RunTable;
import io.ordinaut.tests.utils.Fixtures;
import io.vertx.core.json.JsonArray;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Which runs can be tried again: one of a family at a time, and those that are whole. */
class RunRedriveTest extends RetryBench {
  private RunCommands.Retried redrive(boolean dryRun) {
    return commands.redrive(
        new RedriveRequest(null, null, null, null, null, 100, dryRun, FROM_FAILED));
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
    assertThat(pending(new Page(1, moment, retried.toString())))
        .as("a page")
        .containsExactly(waiting);
    RunFilter ofWorker = new RunFilter(null, "pending", "w", null, null, null);
    assertThat(new RunTable(db.db()).list(ofWorker, new Page(10, null, null))).isEmpty();
  }

  private List<UUID> pending(Page page) {
    RunFilter filter = new RunFilter(null, "pending", null, null, null, null);
    return new RunTable(db.db())
        .list(filter, page).stream().map(run -> UUID.fromString(run.get("id").asText())).toList();
  }
}

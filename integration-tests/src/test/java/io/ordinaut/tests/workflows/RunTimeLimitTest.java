package io.ordinaut.tests.workflows;

import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.worker.loop.Worker;
import io.vertx.core.json.JsonObject;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Runs whose time is over, wherever they stand. */
@Timeout(90)
class RunTimeLimitTest extends StopBench {
  private static JsonObject within(int seconds) {
    return new JsonObject().put("timeout_seconds", seconds);
  }

  /** The time of a run that was parked until it is over is over now. */
  private void letTimeBeOver(UUID id) {
    assertThat(
            db.execute(
                """
                UPDATE due_work_open SET deadline = now(), available_at = now()
                WHERE id = $1 AND available_at = deadline AND deadline > now()""",
                id))
        .isEqualTo(1);
  }

  @Test
  void a_run_whose_time_is_over_is_stopped_and_neither_tried_again_nor_rolled_back()
      throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    ledger.before(
        call -> {
          if (call.input().path("hangs").asBoolean()) {
            begun.countDown();
            new CountDownLatch(1).await();
          }
        });
    UUID id =
        work(
            """
            {"id": "a", "uses": "act", "save_as": "a", "compensate": {"uses": "act"}},
            {"id": "b", "uses": "act", "with": {"hangs": true}, "on_error": "rollback"}""",
            within(5).put("max_retries", 3));
    Worker worker = worker("w", "4");
    worker.turn();
    assertThat(begun.await(20, TimeUnit.SECONDS)).as("b has begun").isTrue();
    awaitEnd(worker, id);
    assertEnded(id, "timed_out", "timeout");
    assertThat(run(id).getString("error_message")).contains("timeout_seconds of 5 s");
    assertThat(run(id).getJsonObject("outputs").containsKey("a")).isTrue();
    assertThat(ledger.effects()).containsExactly("a");
    assertThat(db.query("SELECT * FROM run_log WHERE step_id = 'b'").get(0).getString("error_code"))
        .isEqualTo("timeout");
  }

  @Test
  void a_parked_run_ends_when_its_time_is_over() {
    UUID id =
        work("{\"id\": \"wait\", \"uses\": \"delay\", \"with\": {\"seconds\": 600}}", within(60));
    Worker worker = worker("w", "4");
    worker.lease(1).leases().forEach(worker::execute);
    assertThat(
            db.count(
                "SELECT count(*) FROM due_work_open"
                    + " WHERE status = 'pending' AND deadline = started_at + interval '60 s'"))
        .isEqualTo(1);
    letTimeBeOver(id);
    awaitEnd(worker, id);
    assertEnded(id, "timed_out", "timeout");
  }

  @Test
  void a_run_whose_time_is_over_ends_though_nothing_may_begin_under_its_key() {
    UUID id =
        work("{\"id\": \"wait\", \"uses\": \"delay\", \"with\": {\"seconds\": 600}}", within(60));
    db.execute("UPDATE due_work_open SET concurrency_key = 'k'");
    Worker worker = worker("w", "4");
    worker.lease(1).leases().forEach(worker::execute);
    db.execute(
        """
        INSERT INTO due_work (status, locked_until, concurrency_key)
        VALUES ('running', now() + interval '1 h', 'k'), ('pending', NULL, 'k')""");
    letTimeBeOver(id);
    awaitEnd(worker, id);
    assertEnded(id, "timed_out", "timeout");
    assertThat(db.count("SELECT count(*) FROM due_work_open WHERE status = 'pending'"))
        .isEqualTo(1);
  }

  @Test
  void a_run_whose_time_is_over_ends_while_the_brake_is_pulled_and_nothing_else_begins() {
    String waits = "{\"id\": \"wait\", \"uses\": \"delay\", \"with\": {\"seconds\": 600}}";
    UUID parked = work(waits, within(60));
    UUID lost = work(waits, within(60));
    Worker worker = worker("w", "4");
    worker.lease(2).leases().forEach(worker::execute);
    UUID rollsBack = work("{\"id\": \"a\", \"uses\": \"act\"}");
    db.execute(
        """
        UPDATE due_work_open SET phase = 'rollback', started_at = now(), deadline = now()
        WHERE id = $1""",
        rollsBack);
    db.execute(
        """
        UPDATE due_work_open SET status = 'running', locked_until = now(),
          lease_token = gen_random_uuid()
        WHERE id = $1""",
        lost);
    db.execute("UPDATE brake SET pulled_at = now()");
    letTimeBeOver(parked);
    letTimeBeOver(lost);
    awaitEnd(worker, parked);
    awaitEnd(worker, lost);
    assertEnded(parked, "timed_out", "timeout");
    assertEnded(lost, "timed_out", "timeout");
    assertThat(db.work(rollsBack).getString("status")).isEqualTo("pending");
    assertThat(ledger.entries()).isEmpty();
  }

  @Test
  void what_a_run_has_brought_is_its_output_when_its_time_is_over_while_it_waits() {
    UUID id = work(BRINGS, within(60));
    Worker worker = worker("w", "4");
    worker.lease(1).leases().forEach(worker::execute);
    int calls = ledger.entries().size();
    letTimeBeOver(id);
    awaitEnd(worker, id);
    assertEnded(id, "timed_out", "timeout");
    assertBrought(id);
    assertThat(ledger.entries()).hasSize(calls);
  }

  @Test
  void the_time_goes_on_while_nobody_has_the_run() {
    UUID id = work("{\"id\": \"a\", \"uses\": \"act\"}", within(60));
    db.execute("UPDATE due_work_open SET started_at = now() - interval '61 s', lost_leases = 1");
    Worker worker = worker("second", "4");
    worker.lease(1).leases().forEach(worker::execute);
    assertEnded(id, "timed_out", "timeout");
    assertThat(ledger.entries()).isEmpty();
  }

  @Test
  void a_rollback_that_has_begun_is_not_cut() {
    CountDownLatch never = new CountDownLatch(1);
    ledger.before(
        call -> {
          if (call.idempotencyKey().endsWith(":compensate")) {
            // It goes on for longer than the run's whole time.
            assertThat(never.await(5_500, TimeUnit.MILLISECONDS)).isFalse();
          }
        });
    UUID id =
        work(
            """
            {"id": "a", "uses": "act", "compensate": {"uses": "act"}},
            {"id": "b", "uses": "assert", "with": {"that": false}, "on_error": "rollback"}""",
            within(5));
    Worker worker = worker("w", "4");
    worker.lease(1).leases().forEach(worker::execute);
    assertEnded(id, "failed", "condition_error");
    assertThat(run(id).getString("error_message")).contains("Compensated: a.");
  }
}

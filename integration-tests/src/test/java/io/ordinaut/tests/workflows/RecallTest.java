package io.ordinaut.tests.workflows;

import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.work.Ids;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** A run that is taken up again finds what it has done, whatever clocks said meanwhile. */
class RecallTest extends RetryBench {
  private UUID work(UUID id, String steps) {
    db.execute(
        "INSERT INTO due_work (id, payload) VALUES ($1, $2)",
        id,
        new JsonObject().put("pipeline", new JsonArray("[" + steps + "]")));
    return id;
  }

  /** Runs it until it waits for its next try, and has that come at once. */
  private void park() {
    worker.lease(1).leases().forEach(worker::execute);
    assertThat(db.execute("UPDATE due_work_open SET available_at = now() WHERE status = 'pending'"))
        .isEqualTo(1);
  }

  @Test
  void no_step_is_repeated_though_the_clock_that_named_the_run_was_ahead() {
    UUID id =
        work(
            Ids.at(Instant.now().plus(Duration.ofHours(3)), new Random(1)),
            """
            {"id": "a", "uses": "act"},
            {"id": "b", "uses": "act", "retry_count": 2, "retry_delay_seconds": 600,
             "with": {"fails": 1}}""");
    park();
    assertThat(end(id)).isEqualTo("success");
    assertThat(ledger.calls(id + ":a")).hasSize(1);
    assertThat(ledger.calls(id + ":b")).hasSize(2);
  }

  @Test
  void a_step_that_succeeded_is_not_repeated_though_the_clock_went_back_after_it_had_failed() {
    UUID id =
        work(
            Ids.next(),
            """
            {"id": "a", "uses": "act", "retry_count": 2, "retry_delay_seconds": 600,
             "with": {"fails": 1}},
            {"id": "b", "uses": "act", "retry_count": 2, "retry_delay_seconds": 600,
             "with": {"fails": 1}}""");
    park();
    db.execute("UPDATE run_log SET created_at = created_at + interval '1 minute'");
    park();
    assertThat(end(id)).isEqualTo("success");
    assertThat(ledger.calls(id + ":a")).hasSize(2);
    assertThat(ledger.calls(id + ":b")).hasSize(2);
  }
}

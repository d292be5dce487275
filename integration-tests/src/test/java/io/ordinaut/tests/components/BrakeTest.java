package io.ordinaut.tests.components;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ordinaut.scheduler.check.Invariants;
import io.ordinaut.scheduler.tick.Tick;
import io.ordinaut.tests.utils.Fixtures;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.tests.utils.LedgerServer;
import io.ordinaut.tests.utils.Looks;
import io.ordinaut.worker.lease.KeyedLeaseTable;
import io.ordinaut.worker.loop.Worker;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Tuple;
import java.lang.reflect.Field;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BrakeTest {
  @AutoClose private final Harness db = new Harness();

  private void pull() {
    db.execute("UPDATE brake SET pulled_at = now()");
  }

  private void release() {
    db.execute("UPDATE brake SET pulled_at = NULL");
  }

  @Test
  void while_it_is_pulled_tasks_and_signals_wait_and_the_scheduler_sleeps() {
    Fixtures.createTestTask(db, "due", 0);
    db.execute("INSERT INTO signal (payload) VALUES ('{\"pipeline\": []}')");
    pull();
    Tick tick = db.tick();
    assertThat(tick.untilDue()).isGreaterThan(Duration.ofSeconds(1));
    assertThat(tick.once()).isZero();
    assertThat(db.count("SELECT count(*) FROM signal")).isEqualTo(1);
    release();
    assertThat(tick.untilDue()).isZero();
    assertThat(tick.once()).isEqualTo(2);
  }

  @Test
  void while_it_is_pulled_nothing_is_leased_neither_with_a_key_nor_taken_over() {
    db.execute(
        """
        INSERT INTO due_work (status, locked_until, concurrency_key, concurrency_limit)
        VALUES ('pending', NULL, NULL, NULL), ('pending', NULL, 'k', 1),
          ('running', now() - interval '1 s', NULL, NULL)""");
    pull();
    assertThat(db.worker("w").lease(10).leases()).isEmpty();
    // As if the brake had been pulled between a worker's two looks.
    assertThat(
            new KeyedLeaseTable().take(db.db(), "w", UUID.randomUUID(), 10, Duration.ofSeconds(30)))
        .isEmpty();
    release();
    Worker worker = db.worker("w");
    assertThat(worker.lease(10).leases()).hasSize(3);
  }

  @Test
  void a_run_that_is_going_goes_on_and_one_that_parks_waits() {
    try (LedgerServer peer = new LedgerServer()) {
      peer.holdBefore(key -> true);
      goingOn(
          peer.step("ends").put("retry_count", 2),
          Looks.step("echo", "echo-tool", new JsonObject()));
      goingOn(peer.step("parks"), Looks.step("wait", "delay", new JsonObject().put("seconds", 2)));
      db.runningWorker(Map.of("outbound-allow", "127.0.0.1"));
      await()
          .until(
              () ->
                  peer.holds(key -> key.endsWith(":ends"))
                      && peer.holds(key -> key.endsWith(":parks")));
      pull();
      peer.holdBefore(key -> false);
      peer.hangUp();
      await().until(() -> db.count("SELECT count(*) FROM task_run WHERE status = 'success'") == 1);
      assertThat(peer.calls())
          .filteredOn(call -> call.key().endsWith(":ends"))
          .as("a try that fails meanwhile is followed by another")
          .extracting(LedgerServer.Call::cameThrough)
          .containsExactly(false, true);
    }
    await()
        .until(
            () ->
                db.count(
                        "SELECT count(*) FROM due_work_open"
                            + " WHERE status = 'pending' AND available_at < now() - interval '1 s'")
                    == 1);
    release();
    await().until(() -> db.count("SELECT count(*) FROM task_run WHERE status = 'success'") == 2);
  }

  /** Work that makes a call, and goes on also when it is hung up on. */
  private void goingOn(JsonObject call, JsonObject then) {
    JsonArray pipeline = new JsonArray().add(call.put("on_error", "continue")).add(then);
    db.execute(
        "INSERT INTO due_work (payload) VALUES ($1)", new JsonObject().put("pipeline", pipeline));
  }

  @Test
  void what_was_missed_becomes_what_each_task_says_and_all_of_it_is_accounted_for() {
    db.execute(
        """
        INSERT INTO task (title, schedule_kind, schedule_expr, schedule_anchor, planned_from,
          created_at, next_run, catch_up, overlap)
        SELECT catch_up || overlap, 'cron', '@every 10s', at, at, at, at + interval '10 s', catch_up,
          overlap
        FROM date_trunc('second', now() - interval '5 min') at,
          unnest(ARRAY['latest', 'all', 'none']) catch_up,
          unnest(ARRAY['allow', 'skip', 'buffer_one']) overlap""");
    pull();
    db.tick().once();
    assertThat(db.count("SELECT count(*) FROM skipped_firing")).isZero();
    release();
    Tick tick = db.tick();
    await().until(() -> tick.once() == 0);
    assertThat(new Invariants(db.db()).check()).isEmpty();
    assertThat(db.query("SELECT DISTINCT reason FROM skipped_firing ORDER BY 1"))
        .extracting(row -> row.getString(0))
        .contains("coalesced", "misfire_skipped");
  }

  @ParameterizedTest
  @CsvSource({
    "io.ordinaut.worker.lease.LeaseTable, TAKE,"
        + " '''{1,2,3,4,5,6,7,8,9}'', 10, ''w'', gen_random_uuid(), 1000, true, ''{}'''",
    "io.ordinaut.worker.lease.KeyedLeaseTable, TAKE,"
        + " '''{k}'', 10, ''w'', gen_random_uuid(), 1000'",
    "io.ordinaut.scheduler.tick.EmissionTable, CLAIM, '''{allow}'', 2000, 10'",
    "io.ordinaut.scheduler.tick.EmissionTable, TAKE_SIGNALS, '10'"
  })
  void each_claim_looks_it_up_once_by_its_key_and_reads_nothing_else_while_it_is_pulled(
      String table, String statement, String arguments) throws ReflectiveOperationException {
    Field field = Class.forName(table).getDeclaredField(statement);
    field.setAccessible(true);
    pull();
    String plan = explain((String) field.get(null), arguments);
    assertThat(plan).contains("brake_pkey").doesNotContain("Seq Scan on");
    assertThat(plan).containsPattern("One-Time Filter");
    assertThat(plan.split("Scan using brake_pkey", -1)).as(plan).hasSize(2);
  }

  private String explain(String statement, String arguments) {
    return db.db()
        .transaction(
            tx -> {
              tx.execute("PREPARE looked_at AS " + statement, Tuple.tuple());
              String plan =
                  String.join(
                      "\n",
                      tx.query(
                          "EXPLAIN (ANALYZE, TIMING off) EXECUTE looked_at (" + arguments + ")",
                          Tuple.tuple(),
                          row -> row.getString(0)));
              tx.execute("DEALLOCATE looked_at", Tuple.tuple());
              return plan;
            });
  }
}

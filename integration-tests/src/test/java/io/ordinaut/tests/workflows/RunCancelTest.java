package io.ordinaut.tests.workflows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ordinaut.api.run.RunCommands;
import io.ordinaut.tests.utils.BestOfThree;
import io.ordinaut.tests.utils.Fixtures;
import io.ordinaut.worker.loop.Worker;
import io.vertx.core.json.JsonObject;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Runs that are canceled, wherever they stand. */
@Timeout(90)
class RunCancelTest extends StopBench {
  private final RunCommands commands = new RunCommands(db.db(), db.nudges());

  private void assertRefused(UUID id, String why) {
    assertThatThrownBy(() -> commands.cancel(id)).hasMessageContaining(why);
  }

  @Test
  void what_waits_is_canceled_at_once_and_settles_its_task() {
    UUID task = Fixtures.createTestTask(db, "canceled before it ran", 0);
    db.tick().once();
    UUID id = db.query("SELECT id FROM due_work_open").get(0).getUUID(0);
    commands.cancel(id);
    assertEnded(id, "canceled", "canceled");
    assertThat(db.work(id).getValue("payload")).as("it can be tried again").isNotNull();
    assertThat(db.query("SELECT status FROM task WHERE id = $1", task).get(0).getString(0))
        .isEqualTo("canceled");
    assertRefused(id, "has ended as canceled");
    assertRefused(UUID.randomUUID(), "no such run");
  }

  @Test
  void a_run_beside_the_schedule_does_not_settle_its_task() {
    UUID task = Fixtures.createTestTask(db, "not settled", 60_000);
    UUID id = UUID.randomUUID();
    db.execute("INSERT INTO signal (id, task_id, params) VALUES ($1, $2, '{\"n\": 1}')", id, task);
    commands.cancel(id);
    assertEnded(id, "canceled", "canceled");
    assertThat(db.work(id).getJsonObject("trigger_data").getJsonObject("params"))
        .isEqualTo(new JsonObject().put("n", 1));
    assertThat(db.work(id).getJsonObject("payload").containsKey("pipeline")).isTrue();
    assertThat(db.query("SELECT status FROM task WHERE id = $1", task).get(0).getString(0))
        .isEqualTo("active");
    assertThat(db.count("SELECT count(*) FROM signal")).isZero();
  }

  @Test
  void a_parked_run_is_canceled_at_once() {
    UUID id = work("{\"id\": \"wait\", \"uses\": \"delay\", \"with\": {\"seconds\": 600}}");
    Worker worker = worker("w", "4");
    worker.lease(1).leases().forEach(worker::execute);
    assertThat(db.work(id).getString("status")).isEqualTo("pending");
    commands.cancel(id);
    assertEnded(id, "canceled", "canceled");
    assertThat(run(id).getOffsetDateTime("started_at")).isNotNull();
  }

  @Test
  void a_run_whose_worker_died_is_canceled_at_once() {
    UUID id = work("{\"id\": \"a\", \"uses\": \"act\"}");
    worker("dead", "4").lease(1);
    db.execute("UPDATE due_work_open SET locked_until = now() - interval '1 s'");
    commands.cancel(id);
    assertEnded(id, "canceled", "canceled");
  }

  @Test
  void a_call_that_hangs_is_aborted_within_two_seconds() throws Exception {
    Duration two = Duration.ofSeconds(2);
    assertThat(BestOfThree.of(two, this::untilACallThatHangsIsAborted)).isLessThan(two);
  }

  private Duration untilACallThatHangsIsAborted() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      UUID id =
          work(
              "{\"id\": \"hang\", \"uses\": \"http.request\", \"on_error\": \"continue\","
                  + " \"with\": {\"url\": \"http://127.0.0.1:"
                  + silent.getLocalPort()
                  + "/never\"}}, {\"id\": \"after\", \"uses\": \"act\"}");
      Worker worker = worker("w", "4");
      worker.turn();
      try (Socket call = silent.accept()) {
        call.setSoTimeout(15_000);
        assertThat(call.getInputStream().read()).as("the request").isPositive();
        commands.cancel(id);
        commands.cancel(id);
        long asked = System.nanoTime();
        awaitEnd(worker, id);
        byte[] rest = call.getInputStream().readAllBytes();
        Duration taken = Duration.ofNanos(System.nanoTime() - asked);
        assertThat(rest).as("the request, then the end of the connection").isNotEmpty();
        assertEnded(id, "canceled", "canceled");
        assertThat(ledger.entries()).isEmpty();
        assertThat(db.query("SELECT step_id, status FROM run_log WHERE run_id = $1", id))
            .singleElement()
            .satisfies(step -> assertThat(step.getString("status")).isEqualTo("canceled"));
        return taken;
      }
    }
  }

  @Test
  void what_waits_for_a_slot_of_a_worker_is_canceled_without_one() throws Exception {
    CountDownLatch opened = new CountDownLatch(1);
    ledger.before(
        call -> {
          if (call.input().path("hangs").asBoolean()) {
            opened.await();
          }
        });
    Worker worker = worker("w", "1");
    work("{\"id\": \"quick\", \"uses\": \"act\"}");
    String hangs = "{\"id\": \"hangs\", \"uses\": \"act\", \"with\": {\"hangs\": true}}";
    UUID first = work(hangs);
    UUID second = work(hangs);
    await()
        .until(
            () -> {
              worker.turn();
              return db.count("SELECT count(*) FROM due_work_open WHERE status = 'running'") == 2;
            });
    UUID queued =
        db.query("SELECT id FROM due_work_open ORDER BY run_at DESC LIMIT 1").get(0).getUUID(0);
    commands.cancel(queued);
    awaitEnd(worker, queued);
    assertEnded(queued, "canceled", "canceled");
    assertThat(hasEnded(queued.equals(first) ? second : first)).isFalse();
    opened.countDown();
  }

  @Test
  void a_rollback_that_waits_for_a_slot_is_left_to_it() throws Exception {
    CountDownLatch opened = new CountDownLatch(1);
    ledger.before(
        call -> {
          if (call.input().path("hangs").asBoolean()) {
            opened.await();
          }
        });
    Worker worker = worker("w", "1");
    work("{\"id\": \"quick\", \"uses\": \"act\"}");
    UUID hangs = work("{\"id\": \"hangs\", \"uses\": \"act\", \"with\": {\"hangs\": true}}");
    UUID undone = work("{\"id\": \"a\", \"uses\": \"act\"}");
    db.execute("UPDATE due_work_open SET phase = 'rollback' WHERE id = $1", undone);
    await()
        .until(
            () -> {
              worker.turn();
              return db.count("SELECT count(*) FROM due_work_open WHERE status = 'running'") == 2;
            });
    db.execute("UPDATE due_work_open SET cancel_requested = true WHERE id = $1", undone);
    worker.watch();
    assertThat(hasEnded(undone)).as("the thread that renews leases runs nothing").isFalse();
    assertThat(hasEnded(hangs)).isFalse();
    opened.countDown();
    awaitEnd(worker, undone);
  }

  @Test
  void a_run_that_its_own_worker_takes_again_is_stopped_where_it_was() {
    AtomicInteger calls = new AtomicInteger();
    AtomicBoolean stopped = new AtomicBoolean();
    ledger.before(
        call -> {
          if (calls.incrementAndGet() == 1) {
            try {
              new CountDownLatch(1).await();
            } catch (InterruptedException e) {
              stopped.set(true);
              throw e;
            }
          }
        });
    UUID id = work("{\"id\": \"a\", \"uses\": \"act\"}");
    Worker worker = worker("w", "2");
    worker.turn();
    await().until(() -> calls.get() == 1);
    db.execute(
        "UPDATE due_work_open SET status = 'pending', locked_until = NULL, lease_token = NULL");
    awaitEnd(worker, id);
    assertThat(run(id).getString("status")).isEqualTo("success");
    await().untilTrue(stopped);
  }

  @Test
  void a_rollback_is_not_canceled() throws Exception {
    UUID id = work("{\"id\": \"a\", \"uses\": \"act\"}");
    db.execute("UPDATE due_work_open SET phase = 'rollback'");
    assertRefused(id, "undoes what it did");
    worker("w", "4").lease(1);
    assertRefused(id, "undoes what it did");
    assertThat(db.work(id).getBoolean("cancel_requested")).isFalse();
  }

  @Test
  void what_a_run_has_brought_is_its_output_when_a_worker_finds_it_canceled() {
    UUID id = work(BRINGS);
    Worker worker = worker("w", "4");
    worker.lease(1).leases().forEach(worker::execute);
    db.execute("UPDATE due_work_open SET cancel_requested = true, available_at = now()");
    awaitEnd(worker, id);
    assertEnded(id, "canceled", "canceled");
    assertBrought(id);
  }

  @Test
  void a_delay_that_is_not_over_brings_nothing() {
    UUID id =
        work(
            "{\"id\": \"wait\", \"uses\": \"delay\", \"with\": {\"seconds\": 600}, \"save_as\": \"w\"}");
    Worker worker = worker("w", "4");
    worker.lease(1).leases().forEach(worker::execute);
    db.execute("UPDATE due_work_open SET cancel_requested = true, available_at = now()");
    awaitEnd(worker, id);
    assertEnded(id, "canceled", "canceled");
    assertThat(run(id).getJsonObject("outputs").isEmpty()).isTrue();
  }
}

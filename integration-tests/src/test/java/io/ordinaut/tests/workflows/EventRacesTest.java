package io.ordinaut.tests.workflows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ordinaut.api.task.TaskCommands;
import io.ordinaut.scheduler.event.Dispatch;
import io.ordinaut.tests.utils.Events;
import io.ordinaut.tests.utils.Harness;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Events that meet other schedulers and commands on their way. */
@Timeout(30)
class EventRacesTest {
  @AutoClose private final Harness db = new Harness();
  private final Events events = new Events(db);
  private final TaskCommands commands = new TaskCommands(db.db(), db.nudges());

  @Test
  void many_schedulers_at_once_dispatch_each_event_once() {
    UUID task = events.listener("many.#");
    UUID narrow = events.listener("many.7");
    // Each committed on its own, in an order that is not that of their times.
    db.execute(
        """
        INSERT INTO event (topic, payload, occurred_at)
        SELECT 'many.' || i % 10, jsonb_build_object('i', i),
          now() - make_interval(secs => (i * 7919) % 1000)
        FROM generate_series(1, 500) i""");
    ExecutorService threads = Executors.newFixedThreadPool(5);
    try {
      List<CompletableFuture<Void>> schedulers =
          IntStream.range(0, 4)
              .mapToObj(
                  i ->
                      CompletableFuture.runAsync(
                          () -> {
                            Dispatch dispatch = db.dispatch();
                            while (events.undispatched() > 0 || published() < 1_000) {
                              dispatch.once();
                            }
                          },
                          threads))
              .toList();
      for (int i = 501; i <= 1_000; i += 50) {
        db.execute(
            """
            INSERT INTO event (topic, payload, occurred_at)
            SELECT 'many.' || i % 10, jsonb_build_object('i', i),
              now() - make_interval(secs => (i * 7919) % 1000)
            FROM generate_series($1::integer, $1::integer + 49) i""",
            i);
      }
      schedulers.forEach(CompletableFuture::join);
    } finally {
      threads.shutdownNow();
    }
    assertThat(events.heardBy(task)).hasSize(1_000).doesNotHaveDuplicates();
    assertThat(events.heardBy(narrow)).hasSize(100).doesNotHaveDuplicates();
    assertThat(db.count("SELECT count(DISTINCT position) FROM event")).isEqualTo(1_000);
    assertThat(db.count("SELECT max(position) FROM event")).isEqualTo(1_000);
    assertThat(db.count("SELECT position FROM event_horizon")).isEqualTo(1_000);
  }

  private long published() {
    return db.count("SELECT count(*) FROM event");
  }

  @Test
  void a_cancel_that_came_first_leaves_nothing_to_start() {
    UUID task = events.listener("order");
    events.publish("order");
    Dispatch dispatch = db.dispatch();
    CompletableFuture<Integer> turn =
        db.db()
            .transaction(
                tx -> {
                  tx.execute("UPDATE task SET status = 'canceled' WHERE id = $1", Tuple.of(task));
                  CompletableFuture<Integer> begun = CompletableFuture.supplyAsync(dispatch::once);
                  await().until(() -> db.lockWaiters() > 0);
                  return begun;
                });
    assertThat(turn.join()).isEqualTo(1);
    assertThat(events.heardBy(task)).isEmpty();
  }

  @Test
  void a_signal_that_becomes_work_during_a_cancel_is_canceled() {
    UUID task = events.listener("order");
    UUID id = events.publish("order");
    events.dispatchAll();
    CompletableFuture<?> cancel =
        db.db()
            .transaction(
                tx -> {
                  tx.execute("DELETE FROM signal WHERE task_id = $1", Tuple.of(task));
                  tx.execute(
                      "INSERT INTO due_work_open (id, task_id, status, cause, payload)"
                          + " VALUES ($1, $2, 'pending', 'event', '{}')",
                      Tuple.of(id, task));
                  CompletableFuture<?> begun =
                      CompletableFuture.supplyAsync(() -> commands.cancel(task));
                  await().until(() -> db.lockWaiters() > 0);
                  return begun;
                });
    cancel.join();
    assertThat(db.work(id).getString("status")).isEqualTo("canceled");
  }
}

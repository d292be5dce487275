package io.ordinaut.tests.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.tests.utils.Fixtures;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.loop.Worker;
import io.ordinaut.worker.run.RunOutcome;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class ConcurrencyTest {
  @AutoClose private final Harness db = new Harness();

  @Test
  void five_workers_finish_ten_items_once_each() {
    UUID task = Fixtures.createTestTask(db, "shared", 600_000);
    for (int i = 0; i < 10; i++) {
      Fixtures.createWorkItem(db, task, true);
    }
    ExecutorService threads = Executors.newFixedThreadPool(5);
    List<CompletableFuture<Integer>> working =
        IntStream.range(0, 5)
            .mapToObj(i -> db.worker("worker-" + i))
            .map(worker -> CompletableFuture.supplyAsync(() -> leaseAndExecute(worker), threads))
            .toList();
    int executed = working.stream().mapToInt(CompletableFuture::join).sum();
    threads.shutdown();

    assertThat(executed).isEqualTo(10);
    assertThat(db.count("SELECT count(*) FROM due_work WHERE status = 'pending'")).isZero();
    assertThat(db.count("SELECT count(*) FROM due_work WHERE status = 'completed'")).isEqualTo(10);
    assertThat(db.count("SELECT count(DISTINCT id) FROM task_run")).isEqualTo(10);
    assertThat(db.count("SELECT count(*) FROM task_run")).isEqualTo(10);
  }

  private static int leaseAndExecute(Worker worker) {
    int executed = 0;
    for (List<Lease> leases = worker.lease(1).leases();
        !leases.isEmpty();
        leases = worker.lease(1).leases()) {
      if (worker.execute(leases.get(0)) instanceof RunOutcome.Ended) {
        executed++;
      }
    }
    return executed;
  }

  /** Also those that wait for their own limit stand in nobody else's way. */
  @Test
  void what_has_room_under_a_key_is_not_kept_waiting_by_what_has_none() {
    db.execute(
        """
        INSERT INTO due_work (status, locked_until, priority, concurrency_key, concurrency_limit)
        SELECT CASE number WHEN 0 THEN 'running' ELSE 'pending' END, now() + interval '1 h',
          CASE number WHEN 41 THEN 9 ELSE 1 END, 'shared',
          CASE number WHEN 41 THEN 1000 ELSE 1 END
        FROM generate_series(0, 41) number""");
    assertThat(db.worker("w").lease(10).leases()).hasSize(1);
    assertThat(
            db.count(
                "SELECT count(*) FROM due_work_open"
                    + " WHERE status = 'running' AND concurrency_limit = 1000"))
        .isEqualTo(1);
  }

  @Test
  void schedulers_that_tick_at_once_emit_each_task_once() {
    for (int i = 0; i < 300; i++) {
      Fixtures.createTestTask(db, "task " + i, 0);
    }
    ExecutorService threads = Executors.newFixedThreadPool(4);
    List<CompletableFuture<Integer>> ticking =
        IntStream.range(0, 12)
            .mapToObj(i -> CompletableFuture.supplyAsync(() -> db.tick().once(), threads))
            .toList();
    int emitted = ticking.stream().mapToInt(CompletableFuture::join).sum();
    threads.shutdown();
    assertThat(emitted).isEqualTo(300);
    assertThat(db.count("SELECT count(*) FROM due_work")).isEqualTo(300);
  }
}

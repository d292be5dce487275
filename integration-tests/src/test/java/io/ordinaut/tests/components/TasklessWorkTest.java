package io.ordinaut.tests.components;

import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.scheduler.check.Invariants;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.work.RunStatus;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.loop.Worker;
import io.ordinaut.worker.run.RunOutcome;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Work that belongs to no task goes all the way that work goes. */
class TasklessWorkTest {
  private Harness db;

  @BeforeEach
  void open() {
    db = new Harness();
  }

  @AfterEach
  void close() throws Exception {
    db.close();
  }

  private UUID signal(String uses) {
    UUID id = UUID.randomUUID();
    db.execute(
        "INSERT INTO signal (id, payload) VALUES ($1, $2)",
        id,
        new JsonObject(
            """
            {"pipeline": [{"id": "call", "uses": "%s", "save_as": "output"}],
             "settings": {"max_retries": 0}}"""
                .formatted(uses)));
    return id;
  }

  @Test
  void schedulers_at_once_make_one_piece_of_work_of_each_signal() {
    IntStream.range(0, 40).forEach(i -> signal("echo-tool"));
    List<CompletableFuture<Integer>> turns =
        IntStream.range(0, 4)
            .mapToObj(i -> CompletableFuture.supplyAsync(() -> db.tick().once()))
            .toList();
    assertThat(turns.stream().mapToInt(CompletableFuture::join).sum()).isEqualTo(40);
    assertThat(db.count("SELECT count(*) FROM due_work WHERE task_id IS NULL")).isEqualTo(40);
    assertThat(db.count("SELECT count(*) FROM signal")).isZero();
  }

  @Test
  void it_runs_and_leaves_a_run_without_a_task() {
    UUID good = signal("echo-tool");
    UUID bad = signal("failing-tool");
    db.tick().once();
    Worker worker = db.worker("taskless");
    List<Lease> leases = worker.lease(10).leases();
    assertThat(leases).extracting(Lease::id).containsExactlyInAnyOrder(good, bad);
    for (Lease lease : leases) {
      assertThat(lease.taskId()).isNull();
      assertThat(worker.execute(lease))
          .isInstanceOfSatisfying(
              RunOutcome.Ended.class,
              end ->
                  assertThat(end.status())
                      .isEqualTo(lease.id().equals(good) ? RunStatus.SUCCESS : RunStatus.FAILED));
    }
    assertThat(db.work(good).getString("status")).isEqualTo("completed");
    Row failed = db.query("SELECT * FROM task_run WHERE id = $1", bad).get(0);
    assertThat(failed.getUUID("task_id")).isNull();
    assertThat(failed.getInteger("attempt")).isEqualTo(1);
    assertThat(db.count("SELECT count(*) FROM run_log WHERE run_id = $1", bad)).isEqualTo(1);
    assertThat(new Invariants(db.db()).check()).isEmpty();
  }
}

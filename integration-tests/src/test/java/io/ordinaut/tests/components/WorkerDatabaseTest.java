package io.ordinaut.tests.components;

import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.tests.utils.Fixtures;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.loop.Worker;
import io.ordinaut.worker.run.RunOutcome;
import io.vertx.sqlclient.Row;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class WorkerDatabaseTest {
  @AutoClose private final Harness db = new Harness();

  @Test
  void skip_locked_gives_a_work_item_to_one_worker_only() {
    UUID taskId = Fixtures.createTestTask(db, "contended", 600_000);
    UUID workId = Fixtures.createWorkItem(db, taskId, true);
    Worker one = db.worker("one");
    Worker two = db.worker("two");

    List<CompletableFuture<List<Lease>>> leasing =
        Stream.of(one, two)
            .map(worker -> CompletableFuture.supplyAsync(() -> worker.lease(1).leases()))
            .toList();
    List<Lease> leases = leasing.stream().flatMap(future -> future.join().stream()).toList();

    assertThat(leases).hasSize(1);
    Row locked = db.work(workId);
    assertThat(locked.getString("status")).isEqualTo("running");
    assertThat(locked.getOffsetDateTime("locked_until")).isNotNull();
    assertThat(locked.getString("locked_by")).isIn("one", "two");
  }

  @Test
  void work_that_is_due_later_is_not_leased() {
    UUID taskId = Fixtures.createTestTask(db, "later", 600_000);
    Fixtures.createWorkItem(db, taskId, false);
    assertThat(db.worker("early").lease(10).leases()).isEmpty();
  }

  @Test
  void an_expired_lease_is_taken_over_and_the_late_result_is_refused() {
    UUID taskId = Fixtures.createTestTask(db, "taken over", 600_000);
    UUID workId = Fixtures.createWorkItem(db, taskId, true);
    Worker slow = db.worker("slow");
    Lease lost = slow.lease(1).leases().get(0);
    db.execute("UPDATE due_work SET locked_until = now() - interval '1 s' WHERE id = $1", workId);

    Worker next = db.worker("next");
    Lease taken = next.lease(1).leases().get(0);
    assertThat(taken.id()).isEqualTo(workId);
    assertThat(taken.lostLeases()).isEqualTo(1);

    assertThat(slow.execute(lost)).isInstanceOf(RunOutcome.Lost.class);
    assertThat(db.work(workId).getString("status")).isEqualTo("running");
    assertThat(db.count("SELECT count(*) FROM task_run")).isZero();

    assertThat(next.execute(taken)).isInstanceOf(RunOutcome.Ended.class);
    assertThat(db.count("SELECT count(*) FROM task_run WHERE worker_id = 'next'")).isEqualTo(1);
  }

  @Test
  void a_row_that_was_finished_by_hand_is_lost_to_its_worker() {
    UUID taskId = Fixtures.createTestTask(db, "by hand", 600_000);
    UUID workId = Fixtures.createWorkItem(db, taskId, true);
    Worker worker = db.worker("holder");
    Lease lease = worker.lease(1).leases().get(0);
    db.execute(
        "UPDATE due_work SET status = 'canceled', finished_at = now() WHERE id = $1", workId);
    assertThat(worker.execute(lease)).isInstanceOf(RunOutcome.Lost.class);
    assertThat(db.work(workId).getString("status")).isEqualTo("canceled");
  }

  @Test
  void a_run_that_loses_its_lease_too_often_is_given_up() {
    UUID taskId = Fixtures.createTestTask(db, "cursed", 600_000);
    UUID workId = Fixtures.createWorkItem(db, taskId, true);
    db.execute("UPDATE due_work SET lost_leases = 6 WHERE id = $1", workId);
    Worker worker = db.worker("last");
    worker.execute(worker.lease(1).leases().get(0));
    Row run = db.query("SELECT * FROM task_run").get(0);
    assertThat(run.getString("status")).isEqualTo("failed");
    assertThat(run.getString("error_code")).isEqualTo("lease_lost");
  }

  @Test
  void a_missing_partition_is_made_when_a_run_needs_it() {
    UUID taskId = Fixtures.createTestTask(db, "unpartitioned", 600_000);
    UUID workId = Fixtures.createWorkItem(db, taskId, true);
    for (Row row :
        db.query(
            """
            SELECT inhrelid::regclass::text AS name FROM pg_inherits
            WHERE inhparent::regclass::text IN ('due_work_done', 'task_run', 'run_log')""")) {
      db.execute("DROP TABLE " + row.getString("name"));
    }
    Worker worker = db.worker("first");
    assertThat(worker.execute(worker.lease(1).leases().get(0)))
        .isInstanceOf(RunOutcome.Ended.class);
    assertThat(db.work(workId).getString("status")).isEqualTo("completed");
  }

  @Test
  void urgent_work_goes_first_and_no_class_starves() {
    UUID taskId = Fixtures.createTestTask(db, "classes", 600_000);
    for (int i = 0; i < 30; i++) {
      UUID id = Fixtures.createWorkItem(db, taskId, true);
      db.execute("UPDATE due_work SET priority = $2 WHERE id = $1", id, i < 25 ? 1 : 9);
    }
    Worker worker = db.worker("fair", Map.of("capacity", "1"));
    List<Integer> order =
        Stream.generate(() -> worker.lease(1).leases())
            .limit(20)
            .flatMap(List::stream)
            .map(lease -> db.work(lease.id()).getInteger("priority"))
            .toList();
    assertThat(order).startsWith(1, 1, 1, 1, 1, 1, 1, 1, 1);
    assertThat(order).contains(9);
  }
}

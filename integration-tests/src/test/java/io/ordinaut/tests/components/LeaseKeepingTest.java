package io.ordinaut.tests.components;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ordinaut.json.Json;
import io.ordinaut.store.DbException;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.worker.loop.Worker;
import io.ordinaut.worker.tool.Tool;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** A worker that lives keeps what it holds, also when the database was away for a while. */
class LeaseKeepingTest {
  @AutoClose private final Harness db = new Harness();
  private final AtomicInteger effects = new AtomicInteger();
  private final CountDownLatch done = new CountDownLatch(1);
  private final Tool act =
      call -> {
        effects.incrementAndGet();
        done.await();
        return Json.object();
      };

  private Worker holding(String lease) {
    db.execute(
        "INSERT INTO due_work (payload) VALUES ('{\"pipeline\": [{\"id\": \"a\", \"uses\": \"act\"}]}')");
    Worker worker = db.worker("holder", Map.of("lease", lease), Map.of("act", act));
    worker.turn();
    await().until(() -> effects.get() == 1);
    return worker;
  }

  private OffsetDateTime leasedUntil() {
    return db.query("SELECT locked_until FROM due_work WHERE status = 'running'")
        .get(0)
        .getOffsetDateTime(0);
  }

  @AfterEach
  void letGo() {
    done.countDown();
  }

  @Test
  void a_renewal_that_failed_is_tried_again_by_the_next_look() {
    Worker worker = holding("PT2S");
    OffsetDateTime first = leasedUntil();
    // A third of the time has passed: it is to be renewed.
    await()
        .until(() -> Duration.between(db.clock(), first).compareTo(Duration.ofMillis(1_200)) < 0);
    db.execute("ALTER TABLE due_work_open RENAME TO away");
    assertThatThrownBy(worker::watch).isInstanceOf(DbException.class);
    db.execute("ALTER TABLE away RENAME TO due_work_open");
    worker.watch();
    assertThat(leasedUntil()).isAfter(first);
  }

  @Test
  void what_a_worker_still_runs_it_does_not_take_over_from_itself() {
    Worker worker = holding("PT6S");
    Worker other = db.worker("other");
    db.execute("UPDATE due_work_open SET locked_until = now() - interval '1 s'");
    await()
        .during(Duration.ofMillis(2_200))
        .pollInterval(Duration.ofMillis(100))
        .until(
            () -> {
              worker.turn();
              return effects.get() == 1;
            });
    OffsetDateTime before = db.clock();
    worker.watch();
    assertThat(leasedUntil()).as("it is renewed").isAfter(before);
    assertThat(other.lease(1).leases()).isEmpty();
    done.countDown();
    await().until(() -> db.count("SELECT count(*) FROM task_run WHERE status = 'success'") == 1);
    assertThat(effects).hasValue(1);
  }
}

package io.ordinaut.tests.workflows;

import static org.awaitility.Awaitility.await;

import io.ordinaut.api.task.TaskCommands;
import io.ordinaut.tests.utils.Fixtures;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.worker.loop.Worker;
import io.vertx.sqlclient.Row;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;

/** Tasks, the work that a scheduler makes of them, and a worker that does it. */
abstract class TaskBench {
  @AutoClose final Harness db = new Harness();
  final TaskCommands commands = new TaskCommands(db.db(), db.nudges());

  UUID recurring(String kind, String expression, String firstInSeconds) {
    UUID id = Fixtures.createTestTask(db, "recurring", 0);
    db.execute(
        "UPDATE task SET schedule_kind = $2, schedule_expr = $3,"
            + " schedule_anchor = date_trunc('second', now()) + ($4 || ' s')::interval,"
            + " next_run = date_trunc('second', now()) + ($4 || ' s')::interval WHERE id = $1",
        id,
        kind,
        expression,
        firstInSeconds);
    return id;
  }

  Row task(UUID id) {
    return db.query("SELECT * FROM task WHERE id = $1", id).get(0);
  }

  List<Row> work(UUID id) {
    return db.query("SELECT * FROM due_work WHERE task_id = $1 ORDER BY run_at", id);
  }

  void runAll() {
    Worker worker = db.worker("all");
    await()
        .until(
            () -> {
              worker.lease(50).leases().forEach(worker::execute);
              return db.count("SELECT count(*) FROM due_work_open") == 0;
            });
  }
}

package io.ordinaut.tests.components;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ordinaut.api.task.TaskCommands;
import io.ordinaut.store.DbException;
import io.ordinaut.store.Statements;
import io.ordinaut.tests.utils.Fixtures;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.tests.utils.Zones;
import io.ordinaut.worker.loop.Worker;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** A partition that is missing is made by whoever needs it; nothing fails for want of one. */
class MissingPartitionTest {
  @AutoClose private final Harness db = new Harness();

  private List<String> partitions(String... parents) {
    return db
        .query(
            """
            SELECT format('%I DETACH PARTITION %I', inhparent::regclass::text, inhrelid::regclass::text)
            FROM pg_inherits WHERE inhparent::regclass::text = ANY ($1)""",
            (Object) parents)
        .stream()
        .map(row -> row.getString(0))
        .toList();
  }

  private void detachAll() {
    partitions("due_work_done", "task_run", "run_log", "event")
        .forEach(partition -> db.execute("ALTER TABLE " + partition));
  }

  private void dropAll() {
    List<String> names =
        partitions("due_work_done", "task_run", "run_log", "event").stream()
            .map(partition -> partition.substring(partition.lastIndexOf(' ') + 1))
            .toList();
    names.forEach(name -> db.execute("DROP TABLE " + name));
    assertThat(names).hasSizeGreaterThan(10);
  }

  private void runAll() {
    Worker worker = db.worker("w");
    worker.lease(10).leases().forEach(worker::execute);
  }

  @Test
  void a_run_ends_and_publishes_although_all_partitions_are_gone() {
    JsonObject publish =
        new JsonObject()
            .put("id", "tell")
            .put("uses", "event.publish")
            .put("with", new JsonObject().put("topic", "told"));
    UUID task = Fixtures.createTask(db, "tells", 0, new JsonArray().add(publish));
    db.tick().once();
    dropAll();
    runAll();
    Row run = db.query("SELECT * FROM task_run WHERE task_id = $1", task).get(0);
    assertThat(run.getString("status")).isEqualTo("success");
    assertThat(db.count("SELECT count(*) FROM due_work_done")).isEqualTo(1);
    assertThat(db.count("SELECT count(*) FROM run_log")).isEqualTo(1);
    assertThat(db.count("SELECT count(*) FROM event")).isEqualTo(1);
  }

  @Test
  void a_partition_that_was_only_detached_is_used_again() {
    UUID task = Fixtures.createTestTask(db, "detached", 0);
    db.tick().once();
    detachAll();
    runAll();
    assertThat(db.count("SELECT count(*) FROM task_run WHERE task_id = $1", task)).isEqualTo(1);
  }

  @Test
  void a_command_takes_effect_once_although_all_partitions_are_gone() {
    UUID task = Fixtures.createTestTask(db, "canceled", 0);
    db.tick().once();
    dropAll();
    new TaskCommands(db.db(), db.nudges()).cancel(task);
    assertThat(db.count("SELECT count(*) FROM task_run WHERE status = 'canceled'")).isEqualTo(1);
    assertThat(db.count("SELECT count(*) FROM due_work_done WHERE status = 'canceled'"))
        .isEqualTo(1);
  }

  @Test
  void a_check_that_is_violated_is_not_taken_for_a_missing_partition() {
    assertThatThrownBy(() -> db.execute("INSERT INTO event (topic) VALUES ('not a topic')"))
        .isInstanceOfSatisfying(
            DbException.class, e -> assertThat(e.isMissingPartition()).isFalse());
    dropAll();
    assertThatThrownBy(() -> db.execute("INSERT INTO event (topic) VALUES ('a.topic')"))
        .isInstanceOfSatisfying(
            DbException.class, e -> assertThat(e.isMissingPartition()).isTrue());
  }

  @Test
  void partitions_are_made_for_each_day_of_utc_whatever_the_zone_of_the_session() {
    long days =
        db.db()
            .transaction(
                tx -> {
                  tx.query(
                      "SELECT set_config('timezone', $1, true)",
                      Tuple.of(Zones.withADayThatComesTwice(db)),
                      row -> row);
                  for (int ahead = 1; ahead < 7; ahead++) {
                    tx.execute("DROP TABLE " + workOfDay(tx, ahead), Tuple.tuple());
                  }
                  tx.query("SELECT ordinaut_ensure_partitions(7)", Tuple.tuple(), row -> row);
                  return IntStream.range(1, 7)
                      .filter(ahead -> isThere(tx, workOfDay(tx, ahead)))
                      .count();
                });
    assertThat(days).isEqualTo(6);
  }

  private static String workOfDay(Statements tx, int ahead) {
    return tx.query(
            """
            SELECT to_char((now() AT TIME ZONE 'UTC') + make_interval(days => $1),
              '"due_work_done_"YYYYMMDD')""",
            Tuple.of(ahead),
            row -> row.getString(0))
        .get(0);
  }

  private static boolean isThere(Statements tx, String table) {
    return tx.query("SELECT to_regclass($1) IS NOT NULL", Tuple.of(table), row -> row.getBoolean(0))
        .get(0);
  }
}

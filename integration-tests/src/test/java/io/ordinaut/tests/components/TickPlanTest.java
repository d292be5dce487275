package io.ordinaut.tests.components;

import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.tests.utils.Harness;
import io.vertx.sqlclient.Tuple;
import java.lang.reflect.Field;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What a turn of the scheduler reads: it must not depend on how many tasks there are. */
class TickPlanTest {
  private static final int DUE = 100;

  /** A larger index is a level deeper, once for each policy. */
  private static final int LEVEL = 4;

  private static final String POLICIES = "'{skip,buffer_one,cancel_running,allow}', 2000";

  private static final Pattern BUFFERS =
      Pattern.compile("Buffers: shared(?: hit=(\\d+))?(?: read=(\\d+))?");

  @Test
  void the_claim_reads_as_much_among_many_tasks_as_among_few() throws Exception {
    readsAsMuchAmongManyAsAmongFew("CLAIM", POLICIES + ", " + 2 * DUE, 5L * DUE);
  }

  @Test
  void the_look_at_what_is_due_next_reads_as_much_among_many_tasks_as_among_few() throws Exception {
    readsAsMuchAmongManyAsAmongFew("UNTIL_DUE", POLICIES, 50);
  }

  private static void readsAsMuchAmongManyAsAmongFew(String name, String arguments, long most)
      throws Exception {
    String statement = statement(name);
    long few = buffers(200, statement, arguments);
    long many = buffers(20_000, statement, arguments);
    assertThat(many).as("among few: %d", few).isLessThanOrEqualTo(few * 3 / 2 + LEVEL);
    assertThat(many).isLessThanOrEqualTo(most);
  }

  private static String statement(String name) throws ReflectiveOperationException {
    Field field = Class.forName("io.ordinaut.scheduler.tick.EmissionTable").getDeclaredField(name);
    field.setAccessible(true);
    return (String) field.get(null);
  }

  /** How many pages a statement touches, once it has been run before. */
  private static long buffers(int tasks, String statement, String arguments) throws Exception {
    try (Harness db = new Harness()) {
      insert(db, DUE, "now() - interval '1 second'", "NULL");
      insert(db, tasks, "now() + i * interval '1 minute'", "NULL");
      // Emitted and not yet settled: they owe nothing.
      insert(db, tasks, "now() - i * interval '1 second'", "now() - i * interval '1 second'");
      db.execute("ANALYZE task");
      explain(db, statement, arguments);
      String plan = explain(db, statement, arguments);
      assertThat(plan).contains("task_due").doesNotContain("Seq Scan on task", "task_upcoming");
      Matcher buffers = BUFFERS.matcher(plan);
      assertThat(buffers.find()).as(plan).isTrue();
      return number(buffers.group(1)) + number(buffers.group(2));
    }
  }

  /** Nearly all tasks allow overlap. */
  private static void insert(Harness db, int tasks, String nextRun, String lastEmitted) {
    db.execute(
        """
        INSERT INTO task (title, schedule_kind, schedule_expr, next_run, last_emitted)
        SELECT 'Task ' || i, 'once', '2030-01-01T00:00:00Z', %s, %s
        FROM generate_series(1, $1) i"""
            .formatted(nextRun, lastEmitted),
        tasks);
  }

  /** Prepared, so that it is planned as the services' statements are. */
  private static String explain(Harness db, String statement, String arguments) {
    return db.db()
        .transaction(
            tx -> {
              tx.execute("PREPARE looked_at AS " + statement, Tuple.tuple());
              List<String> lines =
                  tx.query(
                      "EXPLAIN (ANALYZE, BUFFERS) EXECUTE looked_at (" + arguments + ")",
                      Tuple.tuple(),
                      row -> row.getString(0));
              tx.execute("DEALLOCATE looked_at", Tuple.tuple());
              return String.join("\n", lines);
            });
  }

  private static long number(String digits) {
    return digits == null ? 0 : Long.parseLong(digits);
  }
}

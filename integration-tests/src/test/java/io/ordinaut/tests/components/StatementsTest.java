package io.ordinaut.tests.components;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.ordinaut.store.DbException;
import io.ordinaut.store.SchemaCheck;
import io.ordinaut.tests.utils.Fixtures;
import io.ordinaut.tests.utils.Harness;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** The schema against the statements: ours, and those that users write by hand. */
class StatementsTest {
  private static final Pattern SQL =
      Pattern.compile("(?s)\\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\\b.*");

  @AutoClose private final Harness db = new Harness();

  @Test
  void every_statement_can_be_prepared() throws Exception {
    List<String> statements = statements();
    assertThat(statements).hasSizeGreaterThan(10);
    for (String statement : statements) {
      db.pool()
          .withConnection(connection -> connection.prepare(statement).compose(s -> s.close()))
          .toCompletionStage()
          .toCompletableFuture()
          .get();
    }
  }

  private static List<String> statements() throws ReflectiveOperationException {
    List<String> found = new ArrayList<>();
    for (JavaClass type :
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.ordinaut")) {
      for (Field field :
          Class.forName(type.getName(), false, StatementsTest.class.getClassLoader())
              .getDeclaredFields()) {
        if (field.getType() == String.class && Modifier.isStatic(field.getModifiers())) {
          field.setAccessible(true);
          Object value = field.get(null);
          if (value instanceof String text && SQL.matcher(text).matches()) {
            found.add(text);
          }
        }
      }
    }
    return found;
  }

  @Test
  void statements_written_by_hand_find_the_columns_that_they_name() {
    UUID task = Fixtures.createTestTask(db, "by hand", 60_000);
    UUID work = Fixtures.createWorkItem(db, task, true);
    assertThat(db.work(work).getString("cause")).isEqualTo("manual");
    assertThat(db.query("SELECT * FROM task WHERE id = $1", task)).hasSize(1);
    assertThat(db.query("SELECT * FROM run_log WHERE task_id = $1 ORDER BY created_at", task))
        .isEmpty();
    assertThat(db.count("SELECT COUNT(*) as count FROM due_work WHERE status = 'pending'"))
        .isEqualTo(1);
  }

  @Test
  void truncate_empties_everything() {
    Fixtures.createWorkItem(db, Fixtures.createTestTask(db, "gone", 60_000), true);
    db.execute("TRUNCATE task, task_run, due_work, run_log CASCADE");
    assertThat(db.count("SELECT count(*) FROM task")).isZero();
    assertThat(db.count("SELECT count(*) FROM due_work")).isZero();
  }

  @Test
  void a_final_status_needs_its_time() {
    UUID work = Fixtures.createWorkItem(db, Fixtures.createTestTask(db, "ended", 60_000), true);
    assertThatThrownBy(
            () -> db.execute("UPDATE due_work SET status = 'failed' WHERE id = $1", work))
        .isInstanceOf(DbException.class);
    db.execute("UPDATE due_work SET status = 'failed', finished_at = now() WHERE id = $1", work);
    assertThat(db.work(work).getString("status")).isEqualTo("failed");
  }

  @Test
  void an_occurrence_can_be_open_only_once() {
    UUID task = Fixtures.createTestTask(db, "twice", 60_000);
    String insert =
        """
        INSERT INTO due_work (task_id, run_at, cause, payload)
        VALUES ($1, '2030-01-01T00:00:00Z', 'schedule', '{"pipeline": []}')""";
    db.execute(insert, task);
    assertThatThrownBy(() -> db.execute(insert, task)).isInstanceOf(DbException.class);
  }

  @Test
  void the_partitions_of_the_coming_week_are_there() {
    assertThat(
            db.count(
                "SELECT count(*) FROM pg_inherits WHERE inhparent = 'due_work_done'::regclass"))
        .isBetween(8L, 16L);
    assertThat(db.count("SELECT count(*) FROM pg_inherits WHERE inhparent = 'task_run'::regclass"))
        .isBetween(2L, 16L);
  }

  @Test
  void the_services_wait_for_the_newest_migration() {
    assertThat(db.count("SELECT max(version::integer)::bigint FROM flyway_schema_history"))
        .isEqualTo(SchemaCheck.NEEDED_VERSION);
  }

  @Test
  void the_claim_reads_its_index_however_much_waits() {
    UUID task = Fixtures.createTestTask(db, "many", 60_000);
    db.execute(
        """
        INSERT INTO due_work (task_id, run_at, payload)
        SELECT $1, now() + i * interval '1 s', '{"pipeline": []}'
        FROM generate_series(-100, 20000) i""",
        task);
    String plan =
        String.join(
            "\n",
            db
                .query(
                    """
                    EXPLAIN SELECT id FROM due_work_open
                    WHERE status = 'pending' AND concurrency_key IS NULL AND priority = 5
                      AND coalesce(available_at, run_at) <= now()
                    ORDER BY coalesce(available_at, run_at)
                    LIMIT 100
                    FOR UPDATE SKIP LOCKED""")
                .stream()
                .map(row -> row.getString(0))
                .toList());
    assertThat(plan).contains("due_work_ready").doesNotContain("Sort");
  }
}

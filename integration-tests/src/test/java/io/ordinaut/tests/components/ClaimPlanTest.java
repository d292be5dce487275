package io.ordinaut.tests.components;

import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.tests.utils.Harness;
import io.vertx.sqlclient.Tuple;
import java.lang.reflect.Field;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * What a claim and an end of work read: it must depend neither on what waits nor on what is done.
 */
class ClaimPlanTest {
  private static final int CLAIMED = 50;

  /** A larger index is a level deeper, once for each class of priority and each look ahead. */
  private static final int LEVELS = 40;

  private static final Pattern BUFFERS =
      Pattern.compile("Buffers: shared(?: hit=(\\d+))?(?: read=(\\d+))?");

  private static final String ARGUMENTS =
      "'{1,2,3,4,5,6,7,8,9}', %d, 'w', '00000000-0000-0000-0000-000000000001', 30000, %s, '{}'";

  @Test
  void the_claim_reads_as_much_among_much_work_as_among_little() throws Exception {
    String little = explained(500, "false");
    String much = explained(15_000, "false");
    assertThat(much).contains("due_work_ready").doesNotContain("Seq Scan on due_work_open");
    assertThat(much).doesNotContain("due_work_done");
    assertThat(buffers(much))
        .as("among little: %d", buffers(little))
        .isLessThanOrEqualTo(buffers(little) * 3 / 2 + LEVELS)
        .isLessThanOrEqualTo(60L * CLAIMED);
  }

  @Test
  void the_look_for_expired_leases_reads_only_what_runs() throws Exception {
    assertThat(explained(5_000, "true"))
        .contains("due_work_leased", "due_work_late")
        .doesNotContain("Seq Scan on due_work_open");
  }

  /** What waits for later, for a retry, or behind a key, and what is done. */
  private static String explained(int work, String expiredToo) throws Exception {
    try (Harness db = new Harness()) {
      insert(db, work, "now() + i * interval '1 minute'", "NULL");
      insert(db, work / 2, "now() + i * interval '1 minute'", "'key ' || i % 10");
      db.execute(
          """
          INSERT INTO due_work_done (id, run_at, status, finished_at)
          SELECT gen_random_uuid(), now(), 'completed', now() FROM generate_series(1, $1)""",
          work);
      // Enough for each time it is looked at.
      insert(db, 4 * CLAIMED, "now() - interval '1 second'", "NULL");
      db.execute("VACUUM ANALYZE due_work_open");
      explain(db, expiredToo);
      return explain(db, expiredToo);
    }
  }

  private static void insert(Harness db, int work, String runAt, String key) {
    db.execute(
        """
        INSERT INTO due_work_open (run_at, priority, payload, concurrency_key, concurrency_limit)
        SELECT %s, 1 + i %% 9, '{"pipeline": []}', %s, 1 FROM generate_series(1, $1) i"""
            .formatted(runAt, key),
        work);
  }

  private static String explain(Harness db, String expiredToo) throws Exception {
    Field field = Class.forName("io.ordinaut.worker.lease.LeaseTable").getDeclaredField("TAKE");
    field.setAccessible(true);
    String statement = (String) field.get(null);
    return db.db()
        .transaction(
            tx -> {
              tx.execute("PREPARE looked_at AS " + statement, Tuple.tuple());
              List<String> lines =
                  tx.query(
                      "EXPLAIN (ANALYZE, BUFFERS) EXECUTE looked_at ("
                          + ARGUMENTS.formatted(CLAIMED, expiredToo)
                          + ")",
                      Tuple.tuple(),
                      row -> row.getString(0));
              tx.execute("DEALLOCATE looked_at", Tuple.tuple());
              return String.join("\n", lines);
            });
  }

  private static long buffers(String plan) {
    Matcher buffers = BUFFERS.matcher(plan);
    assertThat(buffers.find()).as(plan).isTrue();
    return number(buffers.group(1)) + number(buffers.group(2));
  }

  private static long number(String digits) {
    return digits == null ? 0 : Long.parseLong(digits);
  }
}

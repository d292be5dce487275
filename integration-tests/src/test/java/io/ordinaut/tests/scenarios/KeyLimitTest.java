package io.ordinaut.tests.scenarios;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ordinaut.tests.utils.Harness;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** How many runs of one concurrency key there are at once, by the database's clock. */
class KeyLimitTest {
  private static final int LIMIT = 3;
  private static final int WORKERS = 4;

  /** Three at once take some seconds for these; 5,000 take half a minute. */
  private static final int RUNS = Integer.getInteger("ordinaut.key.runs", 600);

  /**
   * The most that were going on at once. A run begins when it is admitted and is over when the
   * transaction that says so began: that is before its place becomes free.
   */
  private static final String MOST_AT_ONCE =
      """
      SELECT max(going) FROM (
        SELECT sum(change) OVER (ORDER BY at, change ROWS UNBOUNDED PRECEDING) AS going
        FROM (
          SELECT started_at AS at, 1 AS change FROM task_run
          UNION ALL
          SELECT finished_at, -1 FROM task_run) changes) counted\
      """;

  @AutoClose private final Harness db = new Harness();

  @Test
  void of_a_key_never_more_run_at_once_than_its_limit() {
    db.execute(
        """
        INSERT INTO due_work (payload, concurrency_key, concurrency_limit)
        SELECT '{"pipeline": [{"id": "e", "uses": "echo-tool"}]}', 'one door', $1::integer
        FROM generate_series(1, $2::integer)\
        """,
        LIMIT,
        RUNS);
    for (int i = 0; i < WORKERS; i++) {
      // Whose run has ended is the first to see that a place is free: none can have them all.
      db.runningWorker(Map.of("capacity", Integer.toString(LIMIT - 1)));
    }
    await()
        .atMost(Duration.ofSeconds(20).plusMillis(RUNS * 20L))
        .until(() -> db.count("SELECT count(*) FROM task_run") == RUNS);

    assertThat(db.count(MOST_AT_ONCE)).isEqualTo(LIMIT);
    assertThat(db.count("SELECT count(*) FROM task_run WHERE status = 'success'")).isEqualTo(RUNS);
    assertThat(db.count("SELECT count(DISTINCT worker_id) FROM task_run")).isGreaterThan(1);
  }
}

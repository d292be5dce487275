package io.ordinaut.tests.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.scheduler.loop.SchedulerConfig;
import io.ordinaut.scheduler.retention.Retention;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.worker.loop.Worker;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/**
 * Measures work among much that is done, and prints a report, ratios first. It is no part of the
 * suite: {@code mvn verify -pl integration-tests -Dtest=RetentionAtScale}, with {@code
 * -Dordinaut.tests.durable=on} for a database that survives a crash, {@code
 * -Dordinaut.scale.finished=} for another number of finished rows than ten million, and {@code
 * -Dordinaut.scale.snapshot=} for another time than ten minutes with an open snapshot.
 */
class RetentionAtScale {
  private static final int FINISHED = Integer.getInteger("ordinaut.scale.finished", 10_000_000);
  private static final Duration SNAPSHOT =
      Duration.parse(System.getProperty("ordinaut.scale.snapshot", "PT10M"));

  private static final int DAYS = 7;
  private static final int ROUNDS = 15;
  private static final int WARM_UP = 5;
  private static final int DUE = 1_000;
  private static final int CLAIM = 100;
  private static final double LEASE_GOAL = 1.1;
  private static final double LONGEST_GOAL_MILLIS = 500;
  private static final Duration WINDOW = Duration.ofSeconds(10);
  private static final Duration RECOVERY_GOAL = Duration.ofSeconds(60);

  private final List<String> lines = new ArrayList<>();

  @Test
  void report() throws Exception {
    try (Harness many = new Harness();
        Harness none = new Harness()) {
      fill(many);
      measureLeases(many, none);
      measureRemoval(many);
      measureSnapshot(many);
    } finally {
      System.out.printf("Retention at scale: %,d finished rows%n", FINISHED);
      lines.forEach(System.out::println);
    }
  }

  private void say(String format, Object... arguments) {
    lines.add(String.format(Locale.ROOT, format, arguments));
  }

  /** Spread over the days that are kept, and one more. */
  private static void fill(Harness db) throws SQLException {
    try (Connection connection = ManyTasks.connect(db);
        Statement sql = connection.createStatement()) {
      for (int day = 0; day <= DAYS; day++) {
        String at = "now() - interval '" + day + " days'";
        sql.execute("SELECT ordinaut_ensure_partition('due_work_done', 'day', " + at + ")");
        sql.execute(
            """
            INSERT INTO due_work_done (id, run_at, status, finished_at)
            SELECT gen_random_uuid(), %s, 'completed', %s FROM generate_series(1, %d)"""
                .formatted(at, at, FINISHED / (DAYS + 1)));
      }
      sql.execute("VACUUM ANALYZE due_work_done");
    }
  }

  private void measureLeases(Harness many, Harness none) {
    List<Double> amongMany = new ArrayList<>();
    List<Double> amongNone = new ArrayList<>();
    Worker ofMany = many.worker("many");
    Worker ofNone = none.worker("none");
    for (int round = 0; round < WARM_UP + ROUNDS; round++) {
      double manyMillis = millisOfClaims(many, ofMany);
      double noneMillis = millisOfClaims(none, ofNone);
      if (round >= WARM_UP) {
        amongMany.add(manyMillis);
        amongNone.add(noneMillis);
      }
    }
    say(
        "leasing %d rows, among finished ones to among none: %.2f (goal %.1f); %.1f ms, %.1f ms",
        DUE,
        median(amongMany) / median(amongNone),
        LEASE_GOAL,
        median(amongMany),
        median(amongNone));
  }

  private static double millisOfClaims(Harness db, Worker worker) {
    db.execute(
        """
        INSERT INTO due_work_open (run_at, payload)
        SELECT now(), '{"pipeline": []}' FROM generate_series(1, $1)""",
        DUE);
    int leased = 0;
    long start = System.nanoTime();
    while (leased < DUE) {
      leased += worker.lease(CLAIM).leases().size();
    }
    double millis = millisSince(start);
    db.execute("TRUNCATE due_work_open");
    return millis;
  }

  private void measureRemoval(Harness db) throws Exception {
    try (Load load = new Load(db)) {
      double before = load.rate(WINDOW);
      double longestBefore = load.longestMillis();
      long start = System.nanoTime();
      SchedulerConfig config =
          new SmallRyeConfigBuilder()
              .withMapping(SchedulerConfig.class)
              .withDefaultValue("ordinaut.scheduler.retention.work", "P5D")
              .build()
              .getConfigMapping(SchedulerConfig.class);
      assertThat(new Retention(db.db(), config.retention()).once()).isTrue();
      double took = millisSince(start);
      double after = load.rate(WINDOW);
      say(
          "removal of two days among work: longest step %.0f ms (goal %.0f; before it %.0f ms);"
              + " it took %.0f ms; %.0f runs/s before, %.0f after",
          load.longestMillis(), LONGEST_GOAL_MILLIS, longestBefore, took, before, after);
      assertThat(load.failures()).isEmpty();
    }
  }

  private void measureSnapshot(Harness db) throws Exception {
    try (Load load = new Load(db);
        Connection report = ManyTasks.connect(db);
        Statement sql = report.createStatement()) {
      load.rate(WINDOW);
      double before = load.rate(WINDOW);
      report.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      report.setAutoCommit(false);
      sql.execute("SELECT count(*) FROM task");
      List<Double> during = new ArrayList<>();
      long start = System.nanoTime();
      while (System.nanoTime() - start < SNAPSHOT.toNanos()) {
        during.add(load.rate(WINDOW));
      }
      report.commit();
      long ended = System.nanoTime();
      double after = load.rate(Duration.ofSeconds(1));
      while (after < 0.9 * before && System.nanoTime() - ended < 3 * RECOVERY_GOAL.toNanos()) {
        after = load.rate(Duration.ofSeconds(2));
      }
      say(
          "a snapshot open for %s: %.0f runs/s before it, %.0f in its last %d s (lowest %.0f), %.0f"
              + " %.0f s after its end (goal: 0.9 of before within %d s); longest step %.0f ms",
          SNAPSHOT,
          before,
          during.get(during.size() - 1),
          WINDOW.toSeconds(),
          during.stream().min(Double::compare).orElseThrow(),
          after,
          millisSince(ended) / 1_000,
          RECOVERY_GOAL.toSeconds(),
          load.longestMillis());
      assertThat(load.failures()).isEmpty();
    }
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }

  private static double millisSince(long start) {
    return (System.nanoTime() - start) / 1e6;
  }
}

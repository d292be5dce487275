package io.ordinaut.tests.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.ordinaut.scheduler.loop.SchedulerLoop;
import io.ordinaut.scheduler.observe.FiringObserver;
import io.ordinaut.scheduler.tick.Tick;
import io.ordinaut.tests.utils.Harness;
import io.vertx.sqlclient.Row;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

/**
 * Measures the scheduler among many tasks and prints a report, ratios first. It decides nothing, so
 * it is no part of the suite: {@code mvn verify -pl integration-tests -Dtest=TimeAtScale}, with
 * {@code -Dordinaut.tests.durable=on} for a database that survives a crash and {@code
 * -Dordinaut.scale.tasks=} for another number of tasks than a million.
 */
class TimeAtScale {
  private static final int MANY = Integer.getInteger("ordinaut.scale.tasks", 1_000_000);
  private static final int FEW = 10_000;
  private static final int ROUNDS = Integer.getInteger("ordinaut.scale.rounds", 9);
  private static final int WARM_UP = 4;
  private static final int DUE_AT_ONCE = 1_000;
  private static final int SAME_SECOND = 60_000;
  private static final int RATE = 500;
  private static final int RATE_SECONDS = 20;
  private static final Duration LOOK_AHEAD = Duration.ofSeconds(2);
  private static final OffsetDateTime FAR =
      OffsetDateTime.of(2100, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC);

  private final List<String> ratios = new ArrayList<>();
  private final List<String> figures = new ArrayList<>();
  private int inserted = MANY;

  @Test
  void report() throws Exception {
    try (Harness many = new Harness();
        Harness few = new Harness()) {
      figures.add("fsync is " + show(many, "fsync"));
      figures.add("synchronous_commit is " + show(many, "synchronous_commit"));
      fill(many, MANY);
      fill(few, FEW);
      measureTick(many, few);
      measureStart(many, few);
      measureSameSecond(few);
      measureRate(few);
    } finally {
      print();
    }
  }

  private void print() {
    System.out.printf("Time at scale: %,d tasks against %,d%n", MANY, FEW);
    ratios.forEach(System.out::println);
    figures.forEach(System.out::println);
  }

  private static String show(Harness db, String setting) {
    return db.query("SELECT current_setting($1)", setting).get(0).getString(0);
  }

  private static void fill(Harness db, int tasks) {
    ManyTasks.insert(db, 0, tasks, FAR, 1_000_000);
    ManyTasks.vacuum(db);
  }

  private void measureTick(Harness many, Harness few) {
    Tick tickOfMany = tick(many);
    Tick tickOfFew = tick(few);
    compare(
        "one tick that emits 1,000 due tasks",
        1.2,
        round -> millisOfTick(many, tickOfMany, MANY, round),
        round -> millisOfTick(few, tickOfFew, FEW, round));
  }

  private static Tick tick(Harness db) {
    return new Tick(
        db.db(),
        db.nudges(),
        LOOK_AHEAD,
        DUE_AT_ONCE,
        new FiringObserver(new SimpleMeterRegistry()));
  }

  private static double millisOfTick(Harness db, Tick tick, int tasks, int round) {
    makeDue(db, tasks, round, DUE_AT_ONCE);
    long start = System.nanoTime();
    int made = tick.once();
    double millis = millisSince(start);
    // One or another has its next occurrence within the look-ahead.
    assertThat(made).isGreaterThanOrEqualTo(DUE_AT_ONCE);
    return millis;
  }

  /** Different tasks each round, all over the table. */
  private static void makeDue(Harness db, int tasks, int round, int howMany) {
    db.execute(
        """
        UPDATE task SET next_run = now(), last_emitted = NULL
        WHERE id = ANY (ARRAY(
          SELECT md5((i * $1 + $2)::text)::uuid FROM generate_series(0, $3 - 1) i))""",
        tasks / DUE_AT_ONCE,
        round % (tasks / DUE_AT_ONCE),
        howMany);
  }

  private void measureStart(Harness many, Harness few) {
    compare(
        "start of the loop to the first emission",
        1.2,
        round -> millisToFirstEmission(many, MANY, round),
        round -> millisToFirstEmission(few, FEW, round));
  }

  private static double millisToFirstEmission(Harness db, int tasks, int round) {
    makeDue(db, tasks, round, 1);
    long before = db.count("SELECT count(*) FROM due_work_open");
    long start = System.nanoTime();
    try (SchedulerLoop loop = db.scheduler()) {
      await()
          .pollInterval(Duration.ofMillis(2))
          .until(() -> db.count("SELECT count(*) FROM due_work_open") > before);
      return millisSince(start);
    }
  }

  private void measureSameSecond(Harness db) {
    List<Double> seconds = new ArrayList<>();
    for (int round = 0; round < 3; round++) {
      OffsetDateTime due = now().plusSeconds(25).truncatedTo(ChronoUnit.SECONDS);
      insert(db, SAME_SECOND, due, 0);
      ManyTasks.vacuum(db);
      assertThat(now()).isBefore(due.minus(LOOK_AHEAD));
      try (SchedulerLoop loop = db.scheduler()) {
        await()
            .atMost(Duration.ofMinutes(3))
            .pollInterval(Duration.ofMillis(50))
            .until(() -> now().isAfter(due.minus(LOOK_AHEAD)) && owedUntil(db, due) == 0);
        seconds.add(Duration.between(due.minus(LOOK_AHEAD), now()).toMillis() / 1000.0);
      }
      db.execute("TRUNCATE due_work_open");
    }
    figures.add(
        text(
            "%,d tasks due in one second: all emitted after %.1f s (goal 5.0), rounds %s",
            SAME_SECOND, median(seconds), seconds));
  }

  private static long owedUntil(Harness db, OffsetDateTime due) {
    return db.query(
            """
            SELECT next_run FROM task
            WHERE status = 'active' AND last_emitted IS DISTINCT FROM next_run
              AND overlap = 'allow' AND next_run <= $1
            LIMIT 1""",
            due)
        .size();
  }

  private void measureRate(Harness db) {
    OffsetDateTime first = now().plusSeconds(10).truncatedTo(ChronoUnit.SECONDS);
    insert(db, RATE * RATE_SECONDS, first, 1_000_000 / RATE);
    OffsetDateTime last = first.plusSeconds(RATE_SECONDS);
    ManyTasks.vacuum(db);
    try (SchedulerLoop loop = db.scheduler()) {
      await()
          .atMost(Duration.ofMinutes(2))
          .pollInterval(Duration.ofMillis(200))
          .until(() -> now().isAfter(last) && owedUntil(db, last) == 0);
    }
    Row late =
        db.query(
                """
                SELECT count(*), percentile_cont(ARRAY[0.5, 0.99, 1]) WITHIN GROUP (
                  ORDER BY extract(epoch FROM created_at - run_at)::float8 * 1000)
                FROM due_work_open
                WHERE run_at >= $1 AND run_at < $2""",
                first,
                last)
            .get(0);
    // Others of the many may have an occurrence of their own in between.
    assertThat(late.getLong(0)).isGreaterThanOrEqualTo(RATE * RATE_SECONDS);
    Double[] millis = late.getArrayOfDoubles(1);
    double ahead = LOOK_AHEAD.toMillis();
    figures.add(
        text(
            "%d tasks a second for %d s, look-ahead to emission: p50 %.0f ms, p99 %.0f ms,"
                + " max %.0f ms; due to emission: p50 %.0f ms, p99 %.0f ms, max %.0f ms",
            RATE,
            RATE_SECONDS,
            millis[0] + ahead,
            millis[1] + ahead,
            millis[2] + ahead,
            millis[0],
            millis[1],
            millis[2]));
  }

  private void insert(Harness db, int count, OffsetDateTime due, long microsApart) {
    ManyTasks.insert(db, inserted, count, due, microsApart);
    inserted += count;
  }

  private void compare(
      String what, double goal, ToDoubleFunction<Integer> many, ToDoubleFunction<Integer> few) {
    List<Double> manyMillis = new ArrayList<>();
    List<Double> fewMillis = new ArrayList<>();
    for (int round = 0; round < WARM_UP + ROUNDS; round++) {
      double millisOfMany = many.applyAsDouble(round);
      double millisOfFew = few.applyAsDouble(round);
      if (round >= WARM_UP) {
        manyMillis.add(millisOfMany);
        fewMillis.add(millisOfFew);
      }
    }
    double ratio = median(manyMillis) / median(fewMillis);
    ratios.add(text("%s, many to few: %.2f (goal %.1f)", what, ratio, goal));
    figures.add(text("%s, many: %s", what, spread(manyMillis)));
    figures.add(text("%s, few: %s", what, spread(fewMillis)));
  }

  private static String spread(List<Double> millis) {
    List<Double> sorted = millis.stream().sorted().toList();
    return text(
        "median %.1f ms (%.1f to %.1f)",
        median(sorted), sorted.get(0), sorted.get(sorted.size() - 1));
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }

  private static double millisSince(long start) {
    return (System.nanoTime() - start) / 1e6;
  }

  private static OffsetDateTime now() {
    return OffsetDateTime.now(ZoneOffset.UTC);
  }

  private static String text(String format, Object... arguments) {
    return String.format(Locale.ROOT, format, arguments);
  }
}

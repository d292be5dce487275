package io.ordinaut.tests.components;

import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.schedule.Cron;
import io.ordinaut.schedule.DstPolicy;
import io.ordinaut.scheduler.zone.ZoneReplan;
import io.ordinaut.tests.utils.Harness;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Cursors when the rules of time zones have changed. */
class ZoneDataTest {
  private static final ZoneId ZONE = ZoneId.of("Europe/Berlin");
  private static final Instant NOW = Instant.now().truncatedTo(ChronoUnit.SECONDS);

  /** Half a year away: neither what is right nor what is wrong is due yet. */
  private static final int MONTH = NOW.atZone(ZONE).plusMonths(6).getMonthValue();

  private static final String YEARLY = "0 9 1 %d *".formatted(MONTH);
  private static final Instant RIGHT =
      Cron.parse(YEARLY, ZONE, DstPolicy.DEFAULT, NOW).next(NOW).orElseThrow();
  private static final Instant WRONG = RIGHT.minusSeconds(3_600);

  @AutoClose private final Harness db = new Harness();

  private UUID task(String kind, String expression, String status, Instant nextRun) {
    return task(kind, expression, status, nextRun, null, null);
  }

  private UUID task(
      String kind,
      String expression,
      String status,
      Instant nextRun,
      @Nullable Instant lastEmitted,
      @Nullable Instant lastRun) {
    UUID id = UUID.randomUUID();
    db.execute(
        """
        INSERT INTO task (id, title, schedule_kind, schedule_expr, timezone, schedule_anchor,
          status, next_run, last_emitted, last_run)
        VALUES ($1, 'zoned', $2, $3, 'Europe/Berlin', $4, $5, $6, $7, $8)""",
        id,
        kind,
        expression,
        time(NOW),
        status,
        time(nextRun),
        time(lastEmitted),
        time(lastRun));
    return id;
  }

  private static @Nullable OffsetDateTime time(@Nullable Instant at) {
    return at == null ? null : at.atOffset(ZoneOffset.UTC);
  }

  private Instant cursor(UUID id) {
    List<Row> rows = db.query("SELECT next_run FROM task WHERE id = $1", id);
    return rows.get(0).getOffsetDateTime(0).toInstant();
  }

  private void plannedBy(String version) {
    db.execute("INSERT INTO zone_data (version) VALUES ($1)", version);
  }

  private String version() {
    return db.query("SELECT version FROM zone_data").get(0).getString(0);
  }

  private ZoneReplan replan() {
    return new ZoneReplan(db.db(), "2030b");
  }

  @Test
  void the_first_start_stores_the_version_and_moves_nothing() {
    UUID id = task("cron", YEARLY, "active", WRONG);
    assertThat(replan().once()).isEqualTo(OptionalInt.of(0));
    assertThat(version()).isEqualTo("2030b");
    assertThat(cursor(id)).isEqualTo(WRONG);
  }

  @Test
  void cursors_of_the_old_rules_are_planned_anew_once() {
    plannedBy("2030a");
    UUID active = task("cron", YEARLY, "active", WRONG);
    UUID paused = task("cron", YEARLY, "paused", WRONG);
    UUID rule =
        task(
            "rrule",
            "FREQ=YEARLY;BYMONTH=%d;BYMONTHDAY=1;BYHOUR=9;BYMINUTE=0;BYSECOND=0".formatted(MONTH),
            "active",
            RIGHT.plusSeconds(3_600));
    UUID right = task("cron", YEARLY, "active", RIGHT);
    assertThat(replan().once()).isEqualTo(OptionalInt.of(3));
    assertThat(List.of(active, paused, rule, right)).map(this::cursor).containsOnly(RIGHT);
    assertThat(version()).isEqualTo("2030b");

    db.execute("UPDATE task SET next_run = $1", time(WRONG));
    assertThat(replan().once()).isEqualTo(OptionalInt.of(0));
    assertThat(List.of(active, paused, rule, right)).map(this::cursor).containsOnly(WRONG);
  }

  @Test
  void what_is_owed_emitted_withdrawn_or_over_stays() {
    plannedBy("2030a");
    Instant due = NOW.minusSeconds(60);
    UUID owed = task("cron", YEARLY, "active", due);
    UUID emitted = task("cron", YEARLY, "active", WRONG, WRONG, WRONG);
    UUID withdrawn = task("cron", YEARLY, "paused", WRONG, null, WRONG);
    UUID canceled = task("cron", YEARLY, "canceled", WRONG);
    UUID once = task("once", WRONG.toString(), "active", WRONG);
    UUID ended = task("rrule", "FREQ=DAILY;UNTIL=20200101T000000Z", "active", WRONG);
    UUID unreadable = task("cron", "when it rains", "active", WRONG);
    UUID moved = task("cron", YEARLY, "active", WRONG);
    assertThat(replan().once()).isEqualTo(OptionalInt.of(1));
    assertThat(cursor(owed)).isEqualTo(due);
    assertThat(List.of(emitted, withdrawn, canceled, once, ended, unreadable))
        .map(this::cursor)
        .containsOnly(WRONG);
    assertThat(cursor(moved)).isEqualTo(RIGHT);
  }

  @Test
  void what_was_emitted_ahead_is_not_planned_a_second_time() {
    plannedBy("2030a");
    Instant yearAfter = Cron.parse(YEARLY, ZONE, DstPolicy.DEFAULT, NOW).next(RIGHT).orElseThrow();
    UUID id = task("cron", YEARLY, "active", yearAfter.minusSeconds(3_600), RIGHT, RIGHT);
    assertThat(replan().once()).isEqualTo(OptionalInt.of(1));
    assertThat(cursor(id)).isEqualTo(yearAfter);
  }

  @Test
  void of_two_schedulers_one_does_it() {
    plannedBy("2030a");
    db.execute(
        """
        INSERT INTO task (title, schedule_kind, schedule_expr, timezone, next_run)
        SELECT 'many', 'cron', $1, 'Europe/Berlin', $2 FROM generate_series(1, 1100)""",
        YEARLY,
        time(WRONG));
    db.db()
        .transaction(
            tx -> {
              tx.query(
                  "SELECT pg_advisory_xact_lock(hashtext('ordinaut_zone_data'))",
                  Tuple.tuple(),
                  row -> row);
              assertThat(replan().once()).isEmpty();
              return 0;
            });
    CompletableFuture<OptionalInt> other = CompletableFuture.supplyAsync(() -> replan().once());
    int moved = replan().once().orElse(0) + other.join().orElse(0);
    assertThat(moved).isEqualTo(1_100);
    assertThat(db.count("SELECT count(*) FROM task WHERE next_run = $1", time(RIGHT)))
        .isEqualTo(1_100);
  }
}

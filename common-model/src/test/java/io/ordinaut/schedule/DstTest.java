package io.ordinaut.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ordinaut.failure.InvalidInputException;
import io.ordinaut.tests.utils.CpuTime;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Schedules across changes of the clocks, including those of half an hour and of a day. */
class DstTest {
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
  private static final ZoneId LORD_HOWE = ZoneId.of("Australia/Lord_Howe");
  private static final ZoneId APIA = ZoneId.of("Pacific/Apia");

  private static DstPolicy policy(DstGap gap, DstOverlap overlap) {
    return new DstPolicy(gap, overlap);
  }

  private static List<String> take(Schedule schedule, String from, int count) {
    List<String> found = new ArrayList<>();
    Optional<Instant> next = schedule.next(Instant.parse(from));
    while (next.isPresent() && found.size() < count) {
      found.add(next.get().toString());
      next = schedule.next(next.get());
    }
    return found;
  }

  private static Schedule cron(String text, ZoneId zone, DstPolicy policy) {
    return Cron.parse(text, zone, policy, Instant.parse("2026-01-01T00:00:00Z"));
  }

  private static Schedule rrule(String text, ZoneId zone, DstPolicy policy) {
    return Rrule.parse(text, zone, policy, Instant.parse("2026-01-01T00:00:00Z"));
  }

  @Test
  void a_time_in_a_gap_is_shifted_or_skipped() {
    for (Schedule shift :
        List.of(
            cron("30 2 * * *", BERLIN, policy(DstGap.SHIFT, DstOverlap.FIRST)),
            rrule("FREQ=DAILY;BYHOUR=2;BYMINUTE=30", BERLIN, DstPolicy.DEFAULT))) {
      assertThat(take(shift, "2026-03-28T00:00:00Z", 3))
          .containsExactly("2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z");
    }
    for (Schedule skip :
        List.of(
            cron("30 2 * * *", BERLIN, policy(DstGap.SKIP, DstOverlap.FIRST)),
            rrule(
                "FREQ=DAILY;BYHOUR=2;BYMINUTE=30",
                BERLIN,
                policy(DstGap.SKIP, DstOverlap.FIRST)))) {
      assertThat(take(skip, "2026-03-28T00:00:00Z", 2))
          .containsExactly("2026-03-28T01:30:00Z", "2026-03-30T00:30:00Z");
    }
  }

  @Test
  void two_times_that_a_shift_puts_on_one_instant_fire_once() {
    Schedule schedule = cron("30 2,3 * * *", BERLIN, DstPolicy.DEFAULT);
    assertThat(take(schedule, "2026-03-28T12:00:00Z", 2))
        .containsExactly("2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z");
  }

  @Test
  void a_time_that_exists_twice_fires_first_last_or_both() {
    String from = "2026-10-24T12:00:00Z";
    String first = "2026-10-25T00:30:00Z";
    String last = "2026-10-25T01:30:00Z";
    String next = "2026-10-26T01:30:00Z";
    for (String kind : List.of("cron", "rrule")) {
      assertThat(take(daily(kind, DstOverlap.FIRST), from, 2)).containsExactly(first, next);
      assertThat(take(daily(kind, DstOverlap.LAST), from, 2)).containsExactly(last, next);
      assertThat(take(daily(kind, DstOverlap.BOTH), from, 3)).containsExactly(first, last, next);
    }
  }

  private static Schedule daily(String kind, DstOverlap overlap) {
    return kind.equals("cron")
        ? cron("30 2 * * *", BERLIN, policy(DstGap.SHIFT, overlap))
        : rrule("FREQ=DAILY;BYHOUR=2;BYMINUTE=30", BERLIN, policy(DstGap.SHIFT, overlap));
  }

  @Test
  void half_an_hour_and_a_whole_day() {
    assertThat(take(cron("15 2 * * *", LORD_HOWE, DstPolicy.DEFAULT), "2026-10-02T20:00:00Z", 2))
        .containsExactly("2026-10-03T15:45:00Z", "2026-10-04T15:15:00Z");
    assertThat(
            take(
                cron("45 1 * * *", LORD_HOWE, policy(DstGap.SHIFT, DstOverlap.BOTH)),
                "2026-04-04T00:00:00Z",
                2))
        .containsExactly("2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z");
    assertThat(
            take(
                cron("0 12 * * *", APIA, policy(DstGap.SKIP, DstOverlap.FIRST)),
                "2011-12-29T00:00:00Z",
                2))
        .containsExactly("2011-12-29T22:00:00Z", "2011-12-30T22:00:00Z");
  }

  @Test
  void a_wildcard_hour_and_a_fine_rule_run_by_elapsed_time() {
    for (Schedule schedule :
        List.of(
            cron("*/15 * * * *", BERLIN, DstPolicy.DEFAULT),
            rrule("FREQ=MINUTELY;INTERVAL=15", BERLIN, DstPolicy.DEFAULT),
            rrule("FREQ=HOURLY;BYMINUTE=0,15,30,45", BERLIN, DstPolicy.DEFAULT))) {
      for (String from : List.of("2026-03-28T23:00:00Z", "2026-10-24T22:00:00Z")) {
        Instant at = Instant.parse(from);
        for (int i = 0; i < 24; i++) {
          Instant next = schedule.next(at).orElseThrow();
          assertThat(Duration.between(at, next)).isEqualTo(Duration.ofMinutes(15));
          at = next;
        }
      }
    }
    assertThat(
            take(
                rrule("FREQ=HOURLY;INTERVAL=5", BERLIN, DstPolicy.DEFAULT),
                "2026-03-28T21:00:00Z",
                3))
        .as("five elapsed hours apart, counted from the anchor")
        .containsExactly("2026-03-29T02:00:00Z", "2026-03-29T07:00:00Z", "2026-03-29T12:00:00Z");
    assertThat(
            take(
                rrule("FREQ=HOURLY;BYHOUR=1,2,3", BERLIN, DstPolicy.DEFAULT),
                "2026-10-24T12:00:00Z",
                4))
        .as("the clocks show two o'clock twice")
        .containsExactly(
            "2026-10-24T23:00:00Z",
            "2026-10-25T00:00:00Z",
            "2026-10-25T01:00:00Z",
            "2026-10-25T02:00:00Z");
  }

  @Test
  void an_hour_without_a_start_is_a_full_hour_and_a_minute_a_full_minute() {
    Instant anchor = Instant.parse("2030-01-01T08:37:02Z");
    for (String[] rule :
        new String[][] {
          {"FREQ=DAILY;BYHOUR=9", "2030-01-01T09:00:00Z"},
          {"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=1;BYHOUR=9", "2030-02-01T09:00:00Z"},
          {"FREQ=DAILY;BYHOUR=9;BYMINUTE=15", "2030-01-01T09:15:00Z"},
          {"FREQ=HOURLY;BYMINUTE=40", "2030-01-01T08:40:00Z"},
          {"FREQ=DAILY;BYHOUR=9;BYSECOND=5", "2030-01-01T09:00:05Z"},
          {"FREQ=DAILY", "2030-01-02T08:37:02Z"},
        }) {
      assertThat(Rrule.parse(rule[0], ZoneOffset.UTC, DstPolicy.DEFAULT, anchor).next(anchor))
          .as(rule[0])
          .contains(Instant.parse(rule[1]));
    }
  }

  @Test
  void count_and_until_run_out() {
    assertThat(
            take(rrule("FREQ=DAILY;COUNT=3", BERLIN, DstPolicy.DEFAULT), "2025-12-31T00:00:00Z", 9))
        .containsExactly("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z");
    assertThat(
            take(
                rrule("FREQ=HOURLY;COUNT=3;INTERVAL=2", BERLIN, DstPolicy.DEFAULT),
                "2026-01-01T01:00:00Z",
                9))
        .containsExactly("2026-01-01T02:00:00Z", "2026-01-01T04:00:00Z");
    assertThat(
            take(
                rrule("FREQ=DAILY;UNTIL=20260102T000000Z", BERLIN, DstPolicy.DEFAULT),
                "2026-01-01T00:00:00Z",
                9))
        .containsExactly("2026-01-02T00:00:00Z");
  }

  @Test
  void sets_add_and_take_away() {
    String set =
        """
        DTSTART;TZID=Europe/Berlin:20260105T090000
        RRULE:FREQ=WEEKLY;BYDAY=MO
        EXDATE;TZID=Europe/Berlin:20260112T090000
        RDATE:20260114T120000Z""";
    assertThat(take(rrule(set, ZoneId.of("UTC"), DstPolicy.DEFAULT), "2026-01-01T00:00:00Z", 3))
        .containsExactly("2026-01-05T08:00:00Z", "2026-01-14T12:00:00Z", "2026-01-19T08:00:00Z");
  }

  @Test
  void special_characters_macros_and_seconds() {
    ZoneId utc = ZoneId.of("UTC");
    String from = "2026-01-31T12:00:00Z";
    assertThat(take(cron("0 0 L * *", utc, DstPolicy.DEFAULT), from, 2))
        .containsExactly("2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z");
    assertThat(take(cron("0 9 15W * ?", utc, DstPolicy.DEFAULT), from, 2))
        .containsExactly("2026-02-16T09:00:00Z", "2026-03-16T09:00:00Z");
    assertThat(take(cron("0 9 LW * *", utc, DstPolicy.DEFAULT), from, 2))
        .containsExactly("2026-02-27T09:00:00Z", "2026-03-31T09:00:00Z");
    assertThat(take(cron("0 9 * * FRI#2", utc, DstPolicy.DEFAULT), from, 2))
        .containsExactly("2026-02-13T09:00:00Z", "2026-03-13T09:00:00Z");
    assertThat(take(cron("0 9 * * 5L", utc, DstPolicy.DEFAULT), from, 2))
        .containsExactly("2026-02-27T09:00:00Z", "2026-03-27T09:00:00Z");
    assertThat(take(cron("*/20 * * * * *", utc, DstPolicy.DEFAULT), from, 3))
        .containsExactly("2026-01-31T12:00:20Z", "2026-01-31T12:00:40Z", "2026-01-31T12:01:00Z");
    assertThat(take(cron("@weekly", utc, DstPolicy.DEFAULT), from, 1))
        .containsExactly("2026-02-01T00:00:00Z");
    assertThat(take(cron("@every 1h30m", utc, DstPolicy.DEFAULT), from, 2))
        .containsExactly("2026-01-31T13:30:00Z", "2026-01-31T15:00:00Z");
  }

  @Test
  void what_can_not_be_read_is_refused_with_a_sentence() {
    for (String text :
        new String[] {"* * * *", "61 * * * *", "a b c d e", "@every 0s", "@every x", "@noon", ""}) {
      assertThatThrownBy(() -> cron(text, BERLIN, DstPolicy.DEFAULT))
          .as(text)
          .isInstanceOf(InvalidInputException.class);
    }
    for (String text :
        new String[] {
          "FREQ=SOMETIMES",
          "DTSTART:20260101",
          "RRULE:INTERVAL=2",
          "FREQ=DAILY;BYHOUR=25",
          "hello",
          "DTSTART;TZID=No/Where:20260101T000000\nRRULE:FREQ=DAILY",
          "RRULE:FREQ=DAILY\nRDATE:never"
        }) {
      if (text.equals("DTSTART:20260101")) {
        assertThat(take(rrule(text, BERLIN, DstPolicy.DEFAULT), "2025-01-01T00:00:00Z", 2))
            .hasSize(1);
        continue;
      }
      assertThatThrownBy(() -> rrule(text, BERLIN, DstPolicy.DEFAULT))
          .as(text)
          .isInstanceOf(InvalidInputException.class);
    }
  }

  @Test
  void what_never_fires_is_found_out_quickly() {
    Instant from = Instant.parse("2026-01-01T00:00:00Z");
    Schedule cron = cron("0 0 30 2 *", BERLIN, DstPolicy.DEFAULT);
    Schedule rrule = rrule("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", BERLIN, DstPolicy.DEFAULT);
    Duration took =
        CpuTime.of(
            () -> {
              assertThat(cron.next(from)).isEmpty();
              assertThat(rrule.next(from)).isEmpty();
            });
    assertThat(took).isLessThan(Duration.ofSeconds(2));
  }

  /** What the next occurrence costs: the least of five, each after another day. */
  private static Duration costOfNext(Schedule schedule) {
    return IntStream.rangeClosed(1, 5)
        .mapToObj(day -> Instant.parse("2026-06-01T00:00:00Z").plus(Duration.ofDays(day)))
        .map(after -> CpuTime.of(() -> assertThat(schedule.next(after)).isPresent()))
        .min(Duration::compareTo)
        .orElseThrow();
  }

  @Test
  void a_far_anchor_costs_nothing() {
    Schedule schedule =
        Rrule.parse(
            "DTSTART:20200101T000000Z\nRRULE:FREQ=MINUTELY;INTERVAL=7",
            BERLIN,
            DstPolicy.DEFAULT,
            Instant.EPOCH);
    assertThat(costOfNext(schedule)).isLessThan(Duration.ofMillis(5));
  }

  @Test
  void fine_rules_cost_nothing_however_far_their_anchor_and_their_count() {
    for (String rule :
        new String[] {
          "DTSTART:19700101T000000Z\nRRULE:FREQ=SECONDLY;INTERVAL=7",
          "DTSTART:20260101T000000Z\nRRULE:FREQ=MINUTELY;COUNT=10000000",
          "DTSTART:19700101T000000Z\nRRULE:FREQ=MINUTELY;INTERVAL=7;BYHOUR=0,6,12,18",
          "DTSTART:19700101T003000Z\nRRULE:FREQ=HOURLY;INTERVAL=5;BYDAY=MO"
        }) {
      Schedule schedule = rrule(rule, BERLIN, DstPolicy.DEFAULT);
      assertThat(costOfNext(schedule)).as(rule).isLessThan(Duration.ofMillis(5));
    }
    assertThat(
            take(
                rrule("FREQ=SECONDLY;COUNT=3", BERLIN, DstPolicy.DEFAULT),
                "2025-12-31T00:00:00Z",
                9))
        .containsExactly("2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", "2026-01-01T00:00:02Z");
  }

  @Test
  void week_53_is_there_only_in_years_that_have_it() {
    assertThat(
            take(
                rrule("FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO", ZoneId.of("UTC"), DstPolicy.DEFAULT),
                "2026-01-01T00:00:00Z",
                2))
        .containsExactly("2026-12-28T00:00:00Z", "2032-12-27T00:00:00Z");
  }

  @Test
  void what_can_not_be_evaluated_is_refused_and_never_taken_for_an_end() {
    for (String rule :
        new String[] {"FREQ=SECONDLY;BYMONTH=12", "FREQ=HOURLY;COUNT=5000;BYDAY=MO"}) {
      assertThatThrownBy(
              () ->
                  rrule(rule, BERLIN, DstPolicy.DEFAULT)
                      .next(Instant.parse("2026-02-01T00:00:00Z")))
          .as(rule)
          .isInstanceOf(InvalidInputException.class);
    }
    for (String text : new String[] {"0 0 15W,LW * *", "0 0 31W * *"}) {
      assertThatThrownBy(() -> cron(text, BERLIN, DstPolicy.DEFAULT))
          .isInstanceOf(InvalidInputException.class);
    }
  }

  @Test
  void every_zone_moves_on_at_each_of_its_changes() {
    for (String name : ZoneId.getAvailableZoneIds()) {
      ZoneId zone = ZoneId.of(name);
      Schedule hourly = cron("0 * * * *", zone, DstPolicy.DEFAULT);
      Schedule daily = cron("30 2 * * *", zone, DstPolicy.DEFAULT);
      var change = zone.getRules().nextTransition(Instant.parse("2020-01-01T00:00:00Z"));
      for (int i = 0; i < 4 && change != null; i++) {
        Instant before = change.getInstant().minus(Duration.ofHours(3));
        Instant next = hourly.next(before).orElseThrow();
        assertThat(Duration.between(before, next)).isLessThanOrEqualTo(Duration.ofMinutes(90));
        Instant fires = daily.next(change.getInstant().minus(Duration.ofHours(30))).orElseThrow();
        assertThat(LocalDateTime.ofInstant(fires, zone).getMinute())
            .as(name)
            .isIn(0, 30, 50, 10, 20, 40);
        change = zone.getRules().nextTransition(change.getInstant());
      }
    }
  }
}

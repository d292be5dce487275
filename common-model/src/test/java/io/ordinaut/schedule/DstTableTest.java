package io.ordinaut.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ordinaut.failure.InvalidInputException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every policy with every kind of schedule at gaps and overlaps of half an hour to a day. The
 * instants of the changes are written by hand, those of the days around them come from the rules of
 * the zone alone.
 */
class DstTableTest {
  /** Days before and after a change that a schedule is followed through. */
  private static final int DAYS_AROUND = 3;

  private static final Instant ANCHOR = Instant.parse("2009-12-31T00:00:00Z");

  private static final DateTimeFormatter BASIC =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss", Locale.ROOT);

  /** A local time that the clocks jump over, and the instant to which it is shifted. */
  private record Gap(String zone, String local, String shifted) {}

  /** A local time that the clocks show twice, and both its instants. */
  private record Overlap(String zone, String local, String first, String last) {}

  private static final List<Gap> GAPS =
      List.of(
          new Gap("Europe/Berlin", "2026-03-29T02:00:00", "2026-03-29T01:00:00Z"),
          new Gap("Europe/Berlin", "2026-03-29T02:30:00", "2026-03-29T01:30:00Z"),
          new Gap("Europe/Berlin", "2026-03-29T02:59:00", "2026-03-29T01:59:00Z"),
          new Gap("America/New_York", "2026-03-08T02:30:00", "2026-03-08T07:30:00Z"),
          new Gap("Australia/Lord_Howe", "2026-10-04T02:00:00", "2026-10-03T15:30:00Z"),
          new Gap("Australia/Lord_Howe", "2026-10-04T02:15:00", "2026-10-03T15:45:00Z"),
          new Gap("Australia/Sydney", "2026-10-04T02:30:00", "2026-10-03T16:30:00Z"),
          new Gap("Antarctica/Troll", "2026-03-29T01:30:00", "2026-03-29T01:30:00Z"),
          new Gap("America/Santiago", "2026-09-06T00:00:00", "2026-09-06T04:00:00Z"),
          new Gap("America/Santiago", "2026-09-06T00:30:00", "2026-09-06T04:30:00Z"),
          new Gap("America/Havana", "2026-03-08T00:30:00", "2026-03-08T05:30:00Z"),
          new Gap("Asia/Beirut", "2026-03-29T00:00:00", "2026-03-28T22:00:00Z"),
          new Gap("America/Nuuk", "2026-03-28T23:30:00", "2026-03-29T01:30:00Z"),
          new Gap("Pacific/Apia", "2011-12-30T00:00:00", "2011-12-30T10:00:00Z"),
          new Gap("Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T22:00:00Z"),
          new Gap("Pacific/Apia", "2011-12-30T23:59:00", "2011-12-31T09:59:00Z"));

  private static final List<Overlap> OVERLAPS =
      List.of(
          overlap("Europe/Berlin", "2026-10-25T02:00", "2026-10-25T00:00", "2026-10-25T01:00"),
          overlap("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30", "2026-10-25T01:30"),
          overlap("Europe/Berlin", "2026-10-25T02:59", "2026-10-25T00:59", "2026-10-25T01:59"),
          overlap("America/New_York", "2026-11-01T01:30", "2026-11-01T05:30", "2026-11-01T06:30"),
          overlap(
              "Australia/Lord_Howe", "2026-04-05T01:30", "2026-04-04T14:30", "2026-04-04T15:00"),
          overlap(
              "Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45", "2026-04-04T15:15"),
          overlap("Australia/Sydney", "2026-04-05T02:30", "2026-04-04T15:30", "2026-04-04T16:30"),
          overlap("Antarctica/Troll", "2026-10-25T01:30", "2026-10-24T23:30", "2026-10-25T01:30"),
          overlap("America/Santiago", "2026-04-04T23:30", "2026-04-05T02:30", "2026-04-05T03:30"),
          overlap("America/Havana", "2026-11-01T00:00", "2026-11-01T04:00", "2026-11-01T05:00"),
          overlap("America/Havana", "2026-11-01T00:30", "2026-11-01T04:30", "2026-11-01T05:30"),
          overlap("Asia/Beirut", "2026-10-24T23:30", "2026-10-24T20:30", "2026-10-24T21:30"),
          overlap("Pacific/Apia", "2012-04-01T03:30", "2012-03-31T13:30", "2012-03-31T14:30"));

  private static Overlap overlap(String zone, String local, String first, String last) {
    return new Overlap(zone, local + ":00", first + ":00Z", last + ":00Z");
  }

  static Stream<Gap> gaps() {
    return GAPS.stream();
  }

  static Stream<Overlap> overlaps() {
    return OVERLAPS.stream();
  }

  private static List<DstPolicy> policies() {
    List<DstPolicy> all = new ArrayList<>();
    for (DstGap gap : DstGap.values()) {
      for (DstOverlap overlap : DstOverlap.values()) {
        all.add(new DstPolicy(gap, overlap));
      }
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("gaps")
  void a_daily_time_in_a_gap_is_shifted_or_skipped(Gap gap) {
    LocalDateTime local = LocalDateTime.parse(gap.local());
    for (DstPolicy policy : policies()) {
      List<String> onTheDay =
          policy.gap() == DstGap.SHIFT ? List.of(gap.shifted()) : List.<String>of();
      assertDays(gap.zone(), local, policy, onTheDay);
    }
  }

  @ParameterizedTest
  @MethodSource("overlaps")
  void a_daily_time_in_an_overlap_happens_first_last_or_both(Overlap overlap) {
    LocalDateTime local = LocalDateTime.parse(overlap.local());
    for (DstPolicy policy : policies()) {
      assertDays(overlap.zone(), local, policy, chosen(overlap, policy));
    }
  }

  private static List<String> chosen(Overlap overlap, DstPolicy policy) {
    return switch (policy.overlap()) {
      case FIRST -> List.of(overlap.first());
      case LAST -> List.of(overlap.last());
      case BOTH -> List.of(overlap.first(), overlap.last());
    };
  }

  /** Follows schedules of all kinds that name a local time, from days before it to days after. */
  private static void assertDays(
      String zone, LocalDateTime local, DstPolicy policy, List<String> onTheDay) {
    Instant from = plain(local.minusDays(DAYS_AROUND), zone).minusSeconds(1);
    Instant to = plain(local.plusDays(DAYS_AROUND), zone);
    TreeSet<Instant> daily = new TreeSet<>();
    for (int day = -DAYS_AROUND; day <= DAYS_AROUND; day++) {
      if (day != 0) {
        daily.add(plain(local.plusDays(day), zone));
      }
    }
    onTheDay.forEach(instant -> daily.add(Instant.parse(instant)));
    for (Schedule schedule : dailySchedules(zone, local, policy)) {
      assertThat(between(schedule, from, to))
          .as("%s %s %s %s", schedule.getClass().getSimpleName(), zone, local, policy)
          .containsExactlyElementsOf(daily);
    }
    for (Schedule schedule : datedSchedules(zone, local, policy)) {
      assertThat(between(schedule, from, to).stream().map(Instant::toString))
          .as("%s %s %s %s", schedule.getClass().getSimpleName(), zone, local, policy)
          .containsExactlyElementsOf(onTheDay);
    }
  }

  private static List<Schedule> dailySchedules(String zone, LocalDateTime local, DstPolicy policy) {
    String minuteAndHour = local.getMinute() + " " + local.getHour();
    String byTime = ";BYHOUR=" + local.getHour() + ";BYMINUTE=" + local.getMinute();
    String start = BASIC.format(local.minusYears(1));
    return List.of(
        cron(minuteAndHour + " * * *", zone, policy),
        cron("0 " + minuteAndHour + " * * *", zone, policy),
        cron(minuteAndHour + " ? 1-12 SUN-SAT", zone, policy),
        rrule("FREQ=DAILY" + byTime, zone, policy),
        rrule("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU" + byTime, zone, policy),
        rrule("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR,SA,SU" + byTime, zone, policy),
        rrule("DTSTART:" + start + "\nRRULE:FREQ=DAILY", zone, policy),
        rrule("DTSTART;TZID=" + zone + ":" + start + "\nRRULE:FREQ=DAILY", "UTC", policy));
  }

  /** Schedules that name the day of the change, and within a week no other. */
  private static List<Schedule> datedSchedules(String zone, LocalDateTime local, DstPolicy policy) {
    int month = local.getMonthValue();
    int day = local.getDayOfMonth();
    String weekday = local.getDayOfWeek().name();
    String time = local.getMinute() + " " + local.getHour() + " ";
    String byTime = ";BYHOUR=" + local.getHour() + ";BYMINUTE=" + local.getMinute();
    return List.of(
        cron(time + day + " " + month + " *", zone, policy),
        cron(time + "* * " + weekday.substring(0, 3), zone, policy),
        rrule("FREQ=WEEKLY;BYDAY=" + weekday.substring(0, 2) + byTime, zone, policy),
        rrule("FREQ=MONTHLY;BYMONTHDAY=" + day + byTime, zone, policy),
        rrule("FREQ=YEARLY;BYMONTH=" + month + ";BYMONTHDAY=" + day + byTime, zone, policy),
        rrule("FREQ=YEARLY;BYYEARDAY=" + local.getDayOfYear() + byTime, zone, policy),
        rrule(
            "RDATE;TZID=" + zone + ":" + BASIC.format(local) + ",20400101T000000Z", "UTC", policy));
  }

  @ParameterizedTest
  @MethodSource("gaps")
  void a_single_time_in_a_gap_is_shifted_or_refused(Gap gap) {
    ZoneId zone = ZoneId.of(gap.zone());
    for (DstPolicy policy : policies()) {
      if (policy.gap() == DstGap.SHIFT) {
        assertThat(Once.parse(gap.local(), zone, policy).at()).isEqualTo(gap.shifted());
      } else {
        assertThatThrownBy(() -> Once.parse(gap.local(), zone, policy))
            .isInstanceOf(InvalidInputException.class);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("overlaps")
  void a_single_time_in_an_overlap_happens_once_first_or_last(Overlap overlap) {
    ZoneId zone = ZoneId.of(overlap.zone());
    for (DstPolicy policy : policies()) {
      Once once = Once.parse(overlap.local(), zone, policy);
      assertThat(once.at()).as("%s", policy).isEqualTo(chosen(overlap, policy).get(0));
      assertThat(once.next(once.at())).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("gaps")
  void two_local_times_that_a_shift_puts_on_one_instant_fire_once(Gap gap) {
    LocalDateTime local = LocalDateTime.parse(gap.local());
    Instant shifted = Instant.parse(gap.shifted());
    LocalDateTime shown = LocalDateTime.ofInstant(shifted, ZoneId.of(gap.zone()));
    String one = BASIC.format(local);
    String other = BASIC.format(shown);
    List<Schedule> schedules = new ArrayList<>();
    schedules.add(
        rrule("RDATE;TZID=" + gap.zone() + ":" + one + "," + other, "UTC", DstPolicy.DEFAULT));
    schedules.add(
        rrule(
            "DTSTART:%s\nRRULE:FREQ=DAILY;COUNT=1\nRDATE:%s".formatted(one, other),
            gap.zone(),
            DstPolicy.DEFAULT));
    String hours = both(local.getHour(), shown.getHour());
    String minutes = both(local.getMinute(), shown.getMinute());
    schedules.add(cron(minutes + " " + hours + " * * *", gap.zone(), DstPolicy.DEFAULT));
    schedules.add(
        rrule(
            "FREQ=DAILY;BYHOUR=" + hours + ";BYMINUTE=" + minutes, gap.zone(), DstPolicy.DEFAULT));
    for (Schedule schedule : schedules) {
      assertThat(between(schedule, shifted.minusSeconds(1), shifted.plusSeconds(59)))
          .as("%s", gap)
          .containsExactly(shifted);
    }
  }

  private static String both(int one, int other) {
    return one == other ? String.valueOf(one) : one + "," + other;
  }

  @Test
  void what_lies_beside_a_gap_keeps_its_place_among_what_is_shifted() {
    for (String kind : List.of("5,35 1,2,3 29 3 *", "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=29")) {
      Schedule schedule =
          kind.startsWith("FREQ")
              ? rrule(kind + ";BYHOUR=1,2,3;BYMINUTE=5,35", "Europe/Berlin", DstPolicy.DEFAULT)
              : cron(kind, "Europe/Berlin", DstPolicy.DEFAULT);
      assertThat(
              between(
                  schedule,
                  Instant.parse("2026-03-28T00:00:00Z"),
                  Instant.parse("2026-03-30T00:00:00Z")))
          .map(Instant::toString)
          .containsExactly(
              "2026-03-29T00:05:00Z",
              "2026-03-29T00:35:00Z",
              "2026-03-29T01:05:00Z",
              "2026-03-29T01:35:00Z");
    }
  }

  @ParameterizedTest
  @MethodSource("changes")
  void a_wildcard_hour_and_a_fine_rule_have_no_hole_and_no_double(String zone, Instant near) {
    for (DstPolicy policy : policies()) {
      assertSteps(cron("*/15 * * * *", zone, policy), near, 15);
      assertSteps(cron("0 */15 * * * *", zone, policy), near, 15);
      assertSteps(rrule("FREQ=MINUTELY;INTERVAL=15", zone, policy), near, 15);
      assertSteps(rrule("FREQ=HOURLY;BYMINUTE=0,15,30,45", zone, policy), near, 15);
      assertSteps(rrule("FREQ=HOURLY", zone, policy), near, 60);
      if (!zone.equals("Australia/Lord_Howe")) {
        assertSteps(cron("0 * * * *", zone, policy), near, 60);
        assertSteps(cron("@hourly", zone, policy), near, 60);
      }
    }
  }

  /** The table's zones at their changes, and the Chatham Islands, 45 minutes off the hour. */
  static Stream<Arguments> changes() {
    return Stream.of(
            GAPS.stream().map(gap -> Arguments.of(gap.zone(), Instant.parse(gap.shifted()))),
            OVERLAPS.stream().map(twice -> Arguments.of(twice.zone(), Instant.parse(twice.last()))),
            Stream.of("2026-04-04T14:00:00Z", "2026-09-26T14:00:00Z")
                .map(text -> Arguments.of("Pacific/Chatham", Instant.parse(text))))
        .flatMap(stream -> stream);
  }

  private static void assertSteps(Schedule schedule, Instant near, int minutes) {
    Instant at = schedule.next(near.minus(Duration.ofMinutes(6L * minutes))).orElseThrow();
    for (int i = 0; i < 12; i++) {
      Instant next = schedule.next(at).orElseThrow();
      assertThat(Duration.between(at, next)).as("after %s", at).hasMinutes(minutes);
      at = next;
    }
  }

  /** A change of half an hour moves the minute; the hour goes on being struck at minute zero. */
  @Test
  void an_hourly_cron_follows_the_minute_that_the_clocks_show() {
    for (DstPolicy policy : policies()) {
      Schedule hourly = cron("0 * * * *", "Australia/Lord_Howe", policy);
      assertThat(
              between(
                  hourly,
                  Instant.parse("2026-10-03T13:30:00Z"),
                  Instant.parse("2026-10-03T17:00:00Z")))
          .map(Instant::toString)
          .containsExactly("2026-10-03T14:30:00Z", "2026-10-03T16:00:00Z", "2026-10-03T17:00:00Z");
      assertThat(
              between(
                  hourly,
                  Instant.parse("2026-04-04T13:00:00Z"),
                  Instant.parse("2026-04-04T16:30:00Z")))
          .map(Instant::toString)
          .containsExactly("2026-04-04T14:00:00Z", "2026-04-04T15:30:00Z", "2026-04-04T16:30:00Z");
    }
  }

  private static Schedule cron(String text, String zone, DstPolicy policy) {
    return Cron.parse(text, ZoneId.of(zone), policy, ANCHOR);
  }

  private static Schedule rrule(String text, String zone, DstPolicy policy) {
    return Rrule.parse(text, ZoneId.of(zone), policy, ANCHOR);
  }

  /** The instant of a local time that exists once. */
  private static Instant plain(LocalDateTime local, String zone) {
    List<ZoneOffset> offsets = ZoneId.of(zone).getRules().getValidOffsets(local);
    assertThat(offsets).hasSize(1);
    return local.toInstant(offsets.get(0));
  }

  /** The occurrences after one instant and not after another. */
  private static List<Instant> between(Schedule schedule, Instant from, Instant to) {
    List<Instant> found = new ArrayList<>();
    Optional<Instant> next = schedule.next(from);
    while (next.isPresent() && !next.get().isAfter(to)) {
      found.add(next.get());
      next = schedule.next(next.get());
    }
    return found;
  }
}

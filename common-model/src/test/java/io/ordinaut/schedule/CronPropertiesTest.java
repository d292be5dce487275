package io.ordinaut.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.tests.utils.CpuTime;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What holds for every cron expression, tried on random ones. */
class CronPropertiesTest extends RandomSchedules {
  @Test
  void a_cron_expression_occurs_where_all_its_fields_match() {
    for (int i = 0; i < 240; i++) {
      RandomCron cron = RandomCron.draw(random, i % 3 == 0);
      ZoneId zone = pick(ZONES);
      Instant after = nearAChange(zone);
      DstPolicy policy = i % 3 == 1 ? DstPolicy.DEFAULT : anyPolicy();
      List<Instant> expected = cron.occurrences(after, 20, 10, zone, policy);
      Schedule schedule = Cron.parse(cron.text(), zone, policy, ANCHOR);
      List<Instant> actual = between(schedule, after, after.plus(20, ChronoUnit.DAYS), 10);
      assertThat(actual)
          .as("seed %d, case %d: %s in %s, %s, after %s", SEED, i, cron.text(), zone, policy, after)
          .isEqualTo(expected);
    }
  }

  @Test
  void a_cron_expression_counted_by_days_and_hours_has_as_many_as_one_by_one() {
    for (int i = 0; i < 200; i++) {
      RandomCron cron = RandomCron.draw(random, i % 4 == 0);
      ZoneId zone = pick(ZONES);
      Schedule schedule = Cron.parse(cron.text(), zone, anyPolicy(), ANCHOR);
      Instant after = nearAChange(zone).plusNanos(random.nextInt(2));
      Instant until = after.plusSeconds(random.nextInt(4 * 86_400));
      Tally counted = schedule.tally(after, until);
      List<Instant> walked = between(schedule, after, until, 20_000);
      if (walked.size() < 20_000) {
        assertThat(counted)
            .as("seed %d, case %d: %s in %s, %s to %s", SEED, i, cron.text(), zone, after, until)
            .isEqualTo(
                walked.isEmpty()
                    ? Tally.NONE
                    : new Tally(walked.size(), walked.get(walked.size() - 1)));
      }
    }
  }

  @Test
  void years_of_seconds_are_counted_at_once() {
    Schedule schedule =
        Cron.parse("*/7 * * * * *", ZoneId.of("Europe/Berlin"), DstPolicy.DEFAULT, ANCHOR);
    Duration took =
        CpuTime.of(
            () ->
                assertThat(schedule.tally(ANCHOR, ANCHOR.plus(1_000, ChronoUnit.DAYS)).count())
                    .isEqualTo(1_000L * 24 * 60 * 9));
    assertThat(took).isLessThan(Duration.ofSeconds(5));
  }

  /** Zones share most of their changes; what counts is the change, so each is taken once. */
  @Test
  void around_every_change_until_2040_a_day_has_one_occurrence() {
    Set<ZoneOffsetTransition> seen = new HashSet<>();
    for (String name : new TreeSet<>(ZoneId.getAvailableZoneIds())) {
      ZoneId zone = ZoneId.of(name);
      var change = zone.getRules().nextTransition(Instant.parse("2020-01-01T00:00:00Z"));
      while (change != null && change.getDateTimeBefore().getYear() < 2040) {
        if (seen.add(change)) {
          assertOneADay(zone, change);
        }
        change = zone.getRules().nextTransition(change.getInstant());
      }
    }
    assertThat(seen).hasSizeGreaterThan(500);
  }

  private static void assertOneADay(ZoneId zone, ZoneOffsetTransition change) {
    LocalDateTime lower = change.isGap() ? change.getDateTimeBefore() : change.getDateTimeAfter();
    LocalDateTime local =
        lower.plus(change.getDuration().abs().dividedBy(2)).truncatedTo(ChronoUnit.MINUTES);
    String time = local.getMinute() + " " + local.getHour();
    Schedule daily = Cron.parse(time + " * * *", zone, DstPolicy.DEFAULT, ANCHOR);
    List<Instant> expected =
        IntStream.rangeClosed(-1, 1)
            .mapToObj(day -> RandomCron.placed(local.plusDays(day), zone, DstPolicy.DEFAULT).get(0))
            .toList();
    assertThat(expected).isSorted().doesNotHaveDuplicates();
    assertThat(between(daily, expected.get(0).minusSeconds(1), expected.get(2), 9))
        .as("%s in %s", time, zone)
        .isEqualTo(expected);
    String weekday = local.getDayOfWeek().name().substring(0, 3);
    DstPolicy both = new DstPolicy(DstGap.SHIFT, DstOverlap.BOTH);
    Schedule weekly = Cron.parse(time + " * * " + weekday, zone, both, ANCHOR);
    assertThat(between(weekly, expected.get(0), expected.get(2), 9))
        .as("%s on %s in %s", time, weekday, zone)
        .isEqualTo(RandomCron.placed(local, zone, both));
  }

  @Test
  void a_fixed_distance_never_drifts_from_its_anchor() {
    for (int i = 0; i < 300; i++) {
      ZoneId zone = pick(ZONES);
      Instant anchor = nearAChange(zone).plusNanos(random.nextInt(1_000_000) * 1_000L);
      int seconds = i == 0 ? 90 : 1 + random.nextInt(100_000);
      Schedule every = Cron.parse("@every " + seconds + "s", zone, DstPolicy.DEFAULT, anchor);
      List<Instant> expected =
          IntStream.rangeClosed(1, 5)
              .mapToObj(n -> anchor.plusSeconds((long) n * seconds))
              .toList();
      assertThat(take(every, anchor, 5)).isEqualTo(expected);
      Instant after = anchor.plusNanos((long) (random.nextDouble() * 1e18));
      Instant next = every.next(after).orElseThrow();
      assertThat(Duration.between(anchor, next).toNanos() % (seconds * 1_000_000_000L))
          .as("seed %d, case %d: every %d s from %s after %s", SEED, i, seconds, anchor, after)
          .isZero();
      assertThat(next).isAfter(after).isBeforeOrEqualTo(after.plusSeconds(seconds));
    }
  }
}

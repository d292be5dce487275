package io.ordinaut.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What holds for every recurrence rule, tried on random ones. */
class RrulePropertiesTest extends RandomSchedules {
  @Test
  void a_count_is_what_it_says() {
    for (int i = 0; i < 200; i++) {
      ZoneId zone = pick(ZONES);
      int count = 1 + random.nextInt(20);
      LocalDateTime start = daysBeforeAChange(zone);
      DstPolicy policy =
          new DstPolicy(pick(DstGap.values()), pick(List.of(DstOverlap.FIRST, DstOverlap.LAST)));
      String frequency =
          pick(
              List.of(
                  "DAILY",
                  "WEEKLY",
                  "MONTHLY;BYMONTHDAY=-1",
                  "HOURLY",
                  "MINUTELY;INTERVAL=25",
                  "HOURLY;BYMINUTE=0,30"));
      String set =
          "DTSTART:" + BASIC.format(start) + "\nRRULE:FREQ=" + frequency + ";COUNT=" + count;
      assertThat(take(Rrule.parse(set, zone, policy, ANCHOR), ANCHOR, 50))
          .as("seed %d, case %d: %s in %s, %s", SEED, i, set, zone, policy)
          .hasSize(count);
    }
  }

  @Test
  void years_without_a_week_53_are_not_counted() {
    String rule = "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO;COUNT=3";
    assertThat(take(Rrule.parse(rule, ZONES.get(0), DstPolicy.DEFAULT, ANCHOR), ANCHOR, 9))
        .map(Instant::toString)
        .containsExactly("2020-12-28T00:00:00Z", "2026-12-28T00:00:00Z", "2032-12-27T00:00:00Z");
  }

  @Test
  void a_fine_rule_without_a_start_begins_at_its_anchor() {
    for (int i = 0; i < 200; i++) {
      ZoneId zone = pick(ZONES);
      Instant anchor = nearAChange(zone);
      Duration step = Duration.ofMinutes(1 + random.nextInt(200));
      String rule = "FREQ=MINUTELY;COUNT=9;INTERVAL=" + step.toMinutes();
      List<Instant> expected =
          IntStream.range(0, 9).mapToObj(n -> anchor.plus(step.multipliedBy(n))).toList();
      assertThat(take(Rrule.parse(rule, zone, DstPolicy.DEFAULT, anchor), ANCHOR, 50))
          .as("seed %d, case %d: %s in %s from %s", SEED, i, rule, zone, anchor)
          .isEqualTo(expected);
    }
  }

  @Test
  void until_includes_the_time_that_it_names() {
    for (int i = 0; i < 200; i++) {
      ZoneId zone = pick(ZONES);
      DstPolicy policy = new DstPolicy(DstGap.SHIFT, pick(DstOverlap.values()));
      LocalDateTime start = daysBeforeAChange(zone);
      String rule = "DTSTART:" + BASIC.format(start) + "\nRRULE:FREQ=DAILY";
      int days = random.nextInt(9);
      LocalDateTime last = start.plusDays(days);
      TreeSet<Instant> expected = new TreeSet<>();
      IntStream.rangeClosed(0, days)
          .forEach(day -> expected.addAll(RandomCron.placed(start.plusDays(day), zone, policy)));
      String utc = BASIC.format(expected.last().atOffset(ZoneOffset.UTC)) + "Z";
      String date = DateTimeFormatter.BASIC_ISO_DATE.format(last.toLocalDate());
      for (String until : List.of(utc, BASIC.format(last), date)) {
        assertThat(take(Rrule.parse(rule + ";UNTIL=" + until, zone, policy, ANCHOR), ANCHOR, 50))
            .as("seed %d, case %d: %s until %s in %s, %s", SEED, i, rule, until, zone, policy)
            .containsExactlyElementsOf(expected);
      }
    }
  }

  @Test
  void exclusions_take_away_what_they_name_and_dates_add() {
    for (int i = 0; i < 200; i++) {
      ZoneId zone = pick(ZONES);
      String rule =
          pick(List.of("FREQ=DAILY;BYHOUR=1,2,3", "FREQ=WEEKLY;BYDAY=SA,SU", "FREQ=HOURLY"));
      Instant from = nearAChange(zone);
      List<Instant> plain = take(Rrule.parse(rule, zone, DstPolicy.DEFAULT, ANCHOR), from, 12);
      Instant last = plain.get(plain.size() - 1);
      TreeSet<Instant> expected = new TreeSet<>(plain);
      StringBuilder set = new StringBuilder("RRULE:" + rule);
      for (int n = 0; n < 4; n++) {
        Instant excluded = pick(plain.subList(0, 11));
        expected.remove(excluded);
        set.append("\nEXDATE:" + BASIC.format(excluded.atOffset(ZoneOffset.UTC)) + "Z");
        Instant beside = pick(plain).plusSeconds(1);
        set.append("\nEXDATE:" + BASIC.format(beside.atOffset(ZoneOffset.UTC)) + "Z");
        Instant added = pick(plain).minusSeconds(2 + n);
        expected.add(added);
        set.append("\nRDATE:" + BASIC.format(added.atOffset(ZoneOffset.UTC)) + "Z");
      }
      Schedule schedule = Rrule.parse(set.toString(), zone, DstPolicy.DEFAULT, ANCHOR);
      assertThat(between(schedule, from, last, 50))
          .as("seed %d, case %d: %s in %s after %s", SEED, i, set, zone, from)
          .containsExactlyElementsOf(expected.tailSet(from, false));
    }
  }
}

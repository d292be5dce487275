package io.ordinaut.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What holds for every schedule, of whatever kind, tried on random ones. */
class EnginePropertiesTest extends RandomSchedules {
  @Test
  void a_cron_expression_and_the_same_written_as_a_rule_agree() {
    for (int i = 0; i < 165; i++) {
      String minutes = numbers(0, 59);
      String hours = numbers(0, 23);
      String day = "1," + numbers(2, 31);
      String month = numbers(1, 12);
      String weekdays = numbers(0, 6);
      String byDay =
          weekdays
              .chars()
              .filter(Character::isDigit)
              .mapToObj(c -> List.of("SU", "MO", "TU", "WE", "TH", "FR", "SA").get(c - '0'))
              .collect(Collectors.joining(","));
      String time = minutes + " " + hours + " ";
      String byTime = ";BYHOUR=" + hours + ";BYMINUTE=" + minutes;
      ZoneId zone = pick(ZONES);
      DstPolicy policy = anyPolicy();
      Instant after = nearAChange(zone);
      String[][] pairs = {
        {time + "* * *", "FREQ=DAILY" + byTime},
        {time + "* * " + weekdays, "FREQ=WEEKLY;BYDAY=" + byDay + byTime},
        {time + day + " * *", "FREQ=MONTHLY;BYMONTHDAY=" + day + byTime},
        {
          time + day + " " + month + " *",
          "FREQ=YEARLY;BYMONTH=" + month + ";BYMONTHDAY=" + day + byTime
        },
        {time + "L * *", "FREQ=MONTHLY;BYMONTHDAY=-1" + byTime},
        {time + "L-3 * *", "FREQ=MONTHLY;BYMONTHDAY=-4" + byTime},
        {"0 2 LW * *", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;BYHOUR=2"},
        {time + "* * SUN#5", "FREQ=MONTHLY;BYDAY=5SU" + byTime},
        {time + "* * 0L", "FREQ=MONTHLY;BYDAY=-1SU" + byTime},
        {minutes + " * * * *", "FREQ=HOURLY;BYMINUTE=" + minutes},
        {minutes + " * * * " + weekdays, "FREQ=HOURLY;BYDAY=" + byDay + ";BYMINUTE=" + minutes},
      };
      String[] pair = pairs[i % pairs.length];
      assertThat(take(Rrule.parse(pair[1], zone, policy, ANCHOR), after, 8))
          .as("seed %d, case %d: %s in %s after %s", SEED, i, List.of(pair), zone, after)
          .isEqualTo(take(Cron.parse(pair[0], zone, policy, ANCHOR), after, 8));
    }
  }

  @Test
  void the_next_occurrence_is_the_first_later_one_of_all() {
    for (int i = 0; i < 300; i++) {
      ZoneId zone = pick(ZONES);
      Instant from = nearAChange(zone);
      Schedule schedule = anySchedule(zone);
      List<Instant> all = take(schedule, from, 12);
      Instant before = from;
      Optional<Instant> nextOfBefore = schedule.next(from);
      for (Instant at : asked(all, from)) {
        Optional<Instant> expected = all.stream().filter(o -> o.isAfter(at)).findFirst();
        Optional<Instant> actual = schedule.next(at);
        assertThat(actual)
            .as("seed %d, case %d: %s in %s after %s", SEED, i, schedule, zone, at)
            .isEqualTo(expected);
        assertThat(actual).get().satisfies(next -> assertThat(next).isAfter(at));
        assertThat(before).isBeforeOrEqualTo(at);
        assertThat(nextOfBefore.orElseThrow()).isBeforeOrEqualTo(actual.orElseThrow());
        before = at;
        nextOfBefore = actual;
      }
    }
  }

  /** Instants before the last occurrence, in order: on the others, a hair beside them, between. */
  private TreeSet<Instant> asked(List<Instant> all, Instant from) {
    TreeSet<Instant> asked = new TreeSet<>();
    Instant last = all.get(all.size() - 1);
    for (Instant occurrence : all.subList(0, all.size() - 1)) {
      asked.add(occurrence);
      asked.add(occurrence.minusNanos(1));
      asked.add(occurrence.plusNanos(1));
      asked.add(occurrence.minusSeconds(1));
      asked.add(
          from.plusSeconds((long) (random.nextDouble() * from.until(last, ChronoUnit.SECONDS))));
    }
    return new TreeSet<>(asked.subSet(from, true, last, false));
  }

  private Schedule anySchedule(ZoneId zone) {
    DstPolicy policy = anyPolicy();
    String time = ";BYHOUR=" + numbers(0, 3) + ";BYMINUTE=" + numbers(0, 59);
    return switch (random.nextInt(6)) {
      case 0 -> Cron.parse("@every " + (1 + random.nextInt(9_999)) + "s", zone, policy, ANCHOR);
      case 1 -> Rrule.parse("FREQ=DAILY" + time, zone, policy, ANCHOR);
      case 2 -> Rrule.parse("FREQ=WEEKLY;BYDAY=SU,SA,MO" + time, zone, policy, ANCHOR);
      case 3 -> Rrule.parse("FREQ=HOURLY;INTERVAL=5", zone, policy, ANCHOR);
      case 4 -> Cron.parse(numbers(0, 59) + " " + numbers(0, 3) + " * * 6,0", zone, policy, ANCHOR);
      default -> Cron.parse(numbers(0, 59) + " * * * 6,0", zone, policy, ANCHOR);
    };
  }
}

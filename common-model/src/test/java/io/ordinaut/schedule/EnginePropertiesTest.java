package io.ordinaut.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * What holds for every schedule, tried on random ones, most of them close to a change of clocks.
 */
class EnginePropertiesTest {
  private static final long SEED = 20_260_329;

  private static final List<ZoneId> ZONES =
      List.of(
          ZoneId.of("UTC"),
          ZoneId.of("Europe/Berlin"),
          ZoneId.of("America/New_York"),
          ZoneId.of("Australia/Lord_Howe"),
          ZoneId.of("America/Santiago"),
          ZoneId.of("Asia/Beirut"),
          ZoneId.of("Antarctica/Troll"));

  private static final DateTimeFormatter BASIC =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss", Locale.ROOT);

  private static final Instant ANCHOR = Instant.parse("2019-12-31T00:00:00Z");

  private final Random random = new Random(SEED);

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
    assertTimeout(
        Duration.ofSeconds(5),
        () ->
            assertThat(schedule.tally(ANCHOR, ANCHOR.plus(1_000, ChronoUnit.DAYS)).count())
                .isEqualTo(1_000L * 24 * 60 * 9));
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

  /** A whole second between 2020 and 2036, mostly within two days of a change of the clocks. */
  private Instant nearAChange(ZoneId zone) {
    Instant any = Instant.parse("2020-01-01T00:00:00Z").plusSeconds(random.nextInt(500_000_000));
    var change = zone.getRules().nextTransition(any);
    if (change == null || random.nextInt(4) == 0) {
      return any;
    }
    int hours = random.nextBoolean() ? 3 : 48;
    return change.getInstant().plusSeconds(random.nextInt(7_200 * hours) - 3_600L * hours);
  }

  /** A local time that, a few days later, may lie in a gap or an overlap. */
  private LocalDateTime daysBeforeAChange(ZoneId zone) {
    var change = zone.getRules().nextTransition(nearAChange(zone));
    LocalDateTime local =
        change == null
            ? LocalDateTime.of(2026, 1, 31, 2, 30)
            : change.isGap() ? change.getDateTimeBefore() : change.getDateTimeAfter();
    return local.minusDays(random.nextInt(9)).plusMinutes(random.nextInt(60));
  }

  private DstPolicy anyPolicy() {
    return new DstPolicy(pick(DstGap.values()), pick(DstOverlap.values()));
  }

  private String numbers(int low, int high) {
    TreeSet<Integer> numbers = new TreeSet<>();
    int most = 1 + random.nextInt(3);
    for (int i = 0; i < most; i++) {
      numbers.add(low + random.nextInt(high - low + 1));
    }
    return numbers.stream().map(String::valueOf).collect(Collectors.joining(","));
  }

  private <T> T pick(List<T> values) {
    return values.get(random.nextInt(values.size()));
  }

  private <T> T pick(T[] values) {
    return values[random.nextInt(values.length)];
  }

  private static List<Instant> take(Schedule schedule, Instant from, int most) {
    return between(schedule, from, Instant.MAX, most);
  }

  /** The occurrences after one instant and not after another, as many as asked for. */
  private static List<Instant> between(Schedule schedule, Instant from, Instant to, int most) {
    List<Instant> found = new ArrayList<>();
    Optional<Instant> next = schedule.next(from);
    while (next.isPresent() && !next.get().isAfter(to) && found.size() < most) {
      found.add(next.get());
      next = schedule.next(next.get());
    }
    return found;
  }
}

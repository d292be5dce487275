package io.ordinaut.schedule;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Draws what schedules are made of, most of it close to a change of clocks. */
abstract class RandomSchedules {
  static final long SEED = 20_260_329;

  static final List<ZoneId> ZONES =
      List.of(
          ZoneId.of("UTC"),
          ZoneId.of("Europe/Berlin"),
          ZoneId.of("America/New_York"),
          ZoneId.of("Australia/Lord_Howe"),
          ZoneId.of("America/Santiago"),
          ZoneId.of("Asia/Beirut"),
          ZoneId.of("Antarctica/Troll"));

  static final DateTimeFormatter BASIC =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss", Locale.ROOT);

  static final Instant ANCHOR = Instant.parse("2019-12-31T00:00:00Z");

  final Random random = new Random(SEED);

  /** A whole second between 2020 and 2036, mostly within two days of a change of the clocks. */
  Instant nearAChange(ZoneId zone) {
    Instant any = Instant.parse("2020-01-01T00:00:00Z").plusSeconds(random.nextInt(500_000_000));
    var change = zone.getRules().nextTransition(any);
    if (change == null || random.nextInt(4) == 0) {
      return any;
    }
    int hours = random.nextBoolean() ? 3 : 48;
    return change.getInstant().plusSeconds(random.nextInt(7_200 * hours) - 3_600L * hours);
  }

  /** A local time that, a few days later, may lie in a gap or an overlap. */
  LocalDateTime daysBeforeAChange(ZoneId zone) {
    var change = zone.getRules().nextTransition(nearAChange(zone));
    LocalDateTime local =
        change == null
            ? LocalDateTime.of(2026, 1, 31, 2, 30)
            : change.isGap() ? change.getDateTimeBefore() : change.getDateTimeAfter();
    return local.minusDays(random.nextInt(9)).plusMinutes(random.nextInt(60));
  }

  DstPolicy anyPolicy() {
    return new DstPolicy(pick(DstGap.values()), pick(DstOverlap.values()));
  }

  String numbers(int low, int high) {
    TreeSet<Integer> numbers = new TreeSet<>();
    int most = 1 + random.nextInt(3);
    for (int i = 0; i < most; i++) {
      numbers.add(low + random.nextInt(high - low + 1));
    }
    return numbers.stream().map(String::valueOf).collect(Collectors.joining(","));
  }

  <T> T pick(List<T> values) {
    return values.get(random.nextInt(values.size()));
  }

  <T> T pick(T[] values) {
    return values[random.nextInt(values.length)];
  }

  static List<Instant> take(Schedule schedule, Instant from, int most) {
    return between(schedule, from, Instant.MAX, most);
  }

  /** The occurrences after one instant and not after another, as many as asked for. */
  static List<Instant> between(Schedule schedule, Instant from, Instant to, int most) {
    List<Instant> found = new ArrayList<>();
    Optional<Instant> next = schedule.next(from);
    while (next.isPresent() && !next.get().isAfter(to) && found.size() < most) {
      found.add(next.get());
      next = schedule.next(next.get());
    }
    return found;
  }
}

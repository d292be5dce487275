package io.ordinaut.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A schedule that many tasks share answers each of them as one of its own would. */
class SharedScheduleTest {
  private static final long SEED = 20_261_025;
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
  private static final DstPolicy BOTH = new DstPolicy(DstGap.SHIFT, DstOverlap.BOTH);

  /** Two days before the clocks go back, and the second pass of what they show twice. */
  private static final Instant BEFORE = Instant.parse("2026-10-23T00:00:00Z");

  private static final Instant SECOND_PASS = Instant.parse("2026-10-25T01:15:30.5Z");

  private final Random random = new Random(SEED);

  @Test
  void a_cron_expression_forgets_nothing_whatever_was_asked_before() {
    for (String expression : List.of("*/7 * * * *", "30 2 * * *", "0 9 * * MON", "15 2,3 25 * *")) {
      Schedule shared = Cron.parse(expression, BERLIN, BOTH, BEFORE);
      for (int i = 0; i < 200; i++) {
        Instant after = BEFORE.plusMillis(random.nextInt(400_000_000));
        for (Instant asked : around(after, shared.next(after))) {
          assertThat(shared.next(asked))
              .as("seed %d: %s after %s", SEED, expression, asked)
              .isEqualTo(Cron.parse(expression, BERLIN, BOTH, BEFORE).next(asked));
        }
      }
    }
  }

  /** An instant, and those on and beside the occurrence that follows it. */
  private static List<Instant> around(Instant after, Optional<Instant> next) {
    Instant at = next.orElseThrow();
    return List.of(after, at.minusNanos(1), at, at.plusNanos(1), after.minusNanos(1), after);
  }

  @Test
  void a_recurrence_set_counts_from_the_anchor_that_it_is_given() {
    List<String> sets =
        List.of(
            "FREQ=DAILY",
            "FREQ=DAILY;INTERVAL=3;BYHOUR=2",
            "FREQ=HOURLY;INTERVAL=5",
            "FREQ=MINUTELY;INTERVAL=25;COUNT=9",
            "FREQ=DAILY;COUNT=4;BYHOUR=2;BYMINUTE=30",
            "FREQ=WEEKLY;UNTIL=20261101T000000Z",
            "RRULE:FREQ=DAILY\nRDATE:20261025T013000Z\nEXDATE:20261024T101112Z",
            "DTSTART:20261020T023000\nRRULE:FREQ=DAILY;INTERVAL=2",
            "DTSTART;TZID=America/New_York:20261020T023000\nRRULE:FREQ=HOURLY;INTERVAL=7",
            "DTSTART:20261024T023000\nRDATE:20261026T023000");
    for (String set : sets) {
      Rrule shared = Rrule.parse(set, BERLIN, BOTH, Instant.EPOCH);
      for (Instant anchor : List.of(BEFORE, SECOND_PASS, BEFORE.minusNanos(1))) {
        assertThat(eight(shared.from(anchor)))
            .as("%s from %s", set, anchor)
            .isEqualTo(eight(Rrule.parse(set, BERLIN, BOTH, anchor)));
      }
    }
  }

  private static List<Instant> eight(Schedule schedule) {
    List<Instant> found = new ArrayList<>();
    Optional<Instant> next = schedule.next(BEFORE);
    while (next.isPresent() && found.size() < 8) {
      found.add(next.get());
      next = schedule.next(next.get());
    }
    return found;
  }
}

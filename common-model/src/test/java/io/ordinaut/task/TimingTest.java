package io.ordinaut.task;

import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.schedule.DstPolicy;
import io.ordinaut.schedule.ScheduleKind;
import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;

class TimingTest {
  private static final Instant EARLY = Instant.parse("2026-01-01T00:00:00Z");
  private static final Instant LATE = Instant.parse("2026-01-01T00:00:07Z");

  @Test
  void cron_expressions_are_shared_whatever_their_anchor() {
    assertThat(shared(ScheduleKind.CRON, "0 9 * * *", "Europe/Berlin", EARLY))
        .isEqualTo(shared(ScheduleKind.CRON, "0 9 * * *", "Europe/Berlin", LATE))
        .isNotEqualTo(shared(ScheduleKind.CRON, "0 9 * * *", "UTC", EARLY))
        .isNotEqualTo(shared(ScheduleKind.CRON, "0 8 * * *", "Europe/Berlin", EARLY));
  }

  @Test
  void what_counts_from_its_anchor_keeps_it() {
    for (String expression : new String[] {"@every 10s", " @every 10s"}) {
      Timing early = shared(ScheduleKind.CRON, expression, "UTC", EARLY);
      assertThat(early).isNotEqualTo(shared(ScheduleKind.CRON, expression, "UTC", LATE));
      assertThat(early.schedule().next(LATE)).contains(EARLY.plusSeconds(10));
    }
  }

  @Test
  void recurrence_sets_are_shared_and_take_their_anchor_later() {
    assertThat(shared(ScheduleKind.RRULE, "FREQ=DAILY", "UTC", EARLY))
        .isEqualTo(shared(ScheduleKind.RRULE, "FREQ=DAILY", "UTC", LATE));
  }

  private static Timing shared(ScheduleKind kind, String expression, String zone, Instant anchor) {
    return new Timing(kind, expression, ZoneId.of(zone), DstPolicy.DEFAULT, anchor, null).shared();
  }
}

package io.ordinaut.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.schedule.Preview.NonFiring;
import io.ordinaut.schedule.Preview.Occurrence;
import io.ordinaut.schedule.Preview.Question;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What the engine tells about itself. */
class PreviewTest {
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
  private static final ZoneId LORD_HOWE = ZoneId.of("Australia/Lord_Howe");

  private static final DstPolicy SKIP_LAST = new DstPolicy(DstGap.SKIP, DstOverlap.LAST);
  private static final DstPolicy BOTH = new DstPolicy(DstGap.SHIFT, DstOverlap.BOTH);

  private static final Instant BEFORE_GAP = Instant.parse("2026-03-28T12:00:00Z");
  private static final Instant BEFORE_OVERLAP = Instant.parse("2026-10-24T12:00:00Z");

  private static Preview preview(Schedule schedule, Instant from, int count) {
    return Preview.of(schedule, BERLIN, new Question(from, count, true), () -> false);
  }

  private static Schedule cron(String text, DstPolicy policy, Instant from) {
    return Cron.parse(text, BERLIN, policy, from);
  }

  private static Schedule rrule(String text, DstPolicy policy, Instant from) {
    return Rrule.parse(text.replace('|', '\n'), BERLIN, policy, from);
  }

  private static List<String> told(Preview preview) {
    return preview.occurrences().stream()
        .map(o -> o.local() + o.offset().getId() + " " + String.join("; ", o.notes()))
        .map(String::strip)
        .toList();
  }

  private static List<String> missed(Preview preview) {
    return preview.nonFirings().stream().map(n -> n.local() + " " + n.reason()).toList();
  }

  @Test
  void a_time_that_was_shifted_says_so() {
    Preview daily = preview(cron("30 2 * * *", DstPolicy.DEFAULT, BEFORE_GAP), BEFORE_GAP, 2);
    assertThat(daily.occurrences())
        .containsExactly(
            new Occurrence(
                Instant.parse("2026-03-29T01:30:00Z"),
                LocalDateTime.parse("2026-03-29T03:30:00"),
                ZoneOffset.ofHours(2),
                List.of("dst_gap shifted 60 min")),
            new Occurrence(
                Instant.parse("2026-03-30T00:30:00Z"),
                LocalDateTime.parse("2026-03-30T02:30:00"),
                ZoneOffset.ofHours(2),
                List.of()));
    assertThat(daily.nonFirings()).isEmpty();
    assertThat(daily.warnings())
        .contains(
            "On 2026-03-29 the clocks in Europe/Berlin jump over 02:30: it fires 60 minutes later"
                + " (dst_gap shift).");

    Instant from = Instant.parse("2026-10-03T00:00:00Z");
    Preview half =
        Preview.of(
            Cron.parse("15 2 * * *", LORD_HOWE, DstPolicy.DEFAULT, from),
            LORD_HOWE,
            new Question(from, 1, false),
            () -> false);
    assertThat(told(half)).containsExactly("2026-10-04T02:45+11:00 dst_gap shifted 30 min");
  }

  @Test
  void a_time_in_a_gap_that_is_skipped_is_explained() {
    Preview daily = preview(cron("30 2 * * *", SKIP_LAST, BEFORE_GAP), BEFORE_GAP, 2);
    assertThat(told(daily)).containsExactly("2026-03-30T02:30+02:00", "2026-03-31T02:30+02:00");
    assertThat(daily.nonFirings())
        .containsExactly(
            new NonFiring(
                null, LocalDateTime.parse("2026-03-29T02:30:00"), null, "dst_gap skipped"));

    Preview beside = preview(cron("30 2,3 * * *", SKIP_LAST, BEFORE_GAP), BEFORE_GAP, 2);
    assertThat(told(beside)).containsExactly("2026-03-29T03:30+02:00", "2026-03-30T02:30+02:00");
    assertThat(missed(beside)).containsExactly("2026-03-29T02:30 dst_gap skipped");
  }

  @Test
  void an_overlap_says_which_pass_counts() {
    for (boolean rule : List.of(true, false)) {
      for (DstOverlap overlap : DstOverlap.values()) {
        DstPolicy policy = new DstPolicy(DstGap.SHIFT, overlap);
        Schedule schedule =
            rule
                ? rrule("FREQ=DAILY;BYHOUR=2;BYMINUTE=30;BYSECOND=0", policy, BEFORE_OVERLAP)
                : cron("30 2 * * *", policy, BEFORE_OVERLAP);
        Preview preview = preview(schedule, BEFORE_OVERLAP, 2);
        String first = "2026-10-25T02:30+02:00 dst_overlap first of two";
        String last = "2026-10-25T02:30+01:00 dst_overlap last of two";
        String after = "2026-10-26T02:30+01:00";
        switch (overlap) {
          case FIRST -> {
            assertThat(told(preview)).containsExactly(first, after);
            assertThat(missed(preview))
                .containsExactly("2026-10-25T02:30 dst_overlap not the first");
          }
          case LAST -> {
            assertThat(told(preview)).containsExactly(last, after);
            assertThat(missed(preview))
                .containsExactly("2026-10-25T02:30 dst_overlap not the last");
          }
          case BOTH -> {
            assertThat(told(preview)).containsExactly(first, last);
            assertThat(missed(preview)).isEmpty();
          }
        }
      }
    }
  }

  @Test
  void what_runs_by_elapsed_time_has_nothing_decided_about_it() {
    for (Schedule schedule :
        List.of(
            cron("30 * * * *", SKIP_LAST, BEFORE_OVERLAP),
            cron("@every 30m", SKIP_LAST, BEFORE_OVERLAP),
            rrule("FREQ=HOURLY;BYMINUTE=30;BYSECOND=0", SKIP_LAST, BEFORE_OVERLAP))) {
      Preview preview = preview(schedule, BEFORE_OVERLAP, 40);
      assertThat(preview.occurrences()).hasSize(40).allMatch(o -> o.notes().isEmpty());
      assertThat(preview.nonFirings()).isEmpty();
      assertThat(preview.warnings()).isEmpty();
    }
  }

  @Test
  void exceptions_and_single_dates_are_explained() {
    Instant from = Instant.parse("2026-01-01T00:00:00Z");
    String set =
        "DTSTART:20260327T023000|RRULE:FREQ=DAILY;COUNT=4|EXDATE:20260328T023000,20260401T120000"
            + "|RDATE:20261025T023000";
    Preview first = preview(rrule(set, DstPolicy.DEFAULT, from), from, 10);
    assertThat(told(first))
        .containsExactly(
            "2026-03-27T02:30+01:00",
            "2026-03-29T03:30+02:00 dst_gap shifted 60 min",
            "2026-03-30T02:30+02:00",
            "2026-10-25T02:30+02:00 dst_overlap first of two");
    assertThat(missed(first))
        .containsExactly("2026-03-28T02:30 exdate", "2026-10-25T02:30 dst_overlap not the first");
    assertThat(first.warnings())
        .contains(
            "The schedule ends after 4 more occurrences.",
            "The EXDATE at 2026-04-01T10:00:00Z takes nothing away.");

    Preview skipping = preview(rrule(set, SKIP_LAST, from), from, 10);
    assertThat(missed(skipping))
        .containsExactly(
            "2026-03-28T02:30 exdate",
            "2026-03-29T02:30 dst_gap skipped",
            "2026-10-25T02:30 dst_overlap not the last");
  }

  @Test
  void non_firings_are_told_when_asked_for_and_not_without_end() {
    String set =
        "DTSTART:20260101T090000|RRULE:FREQ=DAILY;COUNT=6"
            + "|EXDATE:20260101T090000,20260102T090000,20260103T090000,20260104T090000";
    Instant from = Instant.parse("2025-12-31T00:00:00Z");
    Schedule schedule = rrule(set, DstPolicy.DEFAULT, from);
    Preview bounded = preview(schedule, from, 2);
    assertThat(missed(bounded))
        .containsExactly("2026-01-01T09:00 exdate", "2026-01-02T09:00 exdate");
    assertThat(bounded.warnings()).contains("Not more than 2 non-firings can be listed.");
    Preview plain = Preview.of(schedule, BERLIN, new Question(from, 5, false), () -> false);
    assertThat(plain.nonFirings()).isEmpty();
    assertThat(plain.occurrences()).hasSize(2);
  }

  @Test
  void a_single_time_is_shown_even_when_it_is_past() {
    Instant from = Instant.parse("2027-01-01T00:00:00Z");
    Once gone = Once.parse("2026-10-25T02:30:00", BERLIN, DstPolicy.DEFAULT);
    Preview past = preview(gone, from, 10);
    assertThat(told(past)).containsExactly("2026-10-25T02:30+02:00 dst_overlap first of two");
    assertThat(past.warnings())
        .containsExactly(
            "The time is already past at 2027-01-01T00:00:00Z: a task created then fires at once.");

    Once shifted = Once.parse("2027-03-28T02:30:00", BERLIN, DstPolicy.DEFAULT);
    assertThat(told(preview(shifted, from, 10)))
        .containsExactly("2027-03-28T03:30+02:00 dst_gap shifted 60 min");
    Once exact = Once.parse("2026-10-25T02:30:00+01:00", BERLIN, DstPolicy.DEFAULT);
    assertThat(told(preview(exact, BEFORE_OVERLAP, 10))).containsExactly("2026-10-25T02:30+01:00");
    assertThat(preview(exact, BEFORE_OVERLAP, 10).warnings()).isEmpty();
  }

  @Test
  void bounds_are_kept() {
    Instant from = Instant.parse("2026-03-01T00:00:00Z");
    Schedule within =
        new Bounded(
            rrule(
                "DTSTART:20260301T023000|RRULE:FREQ=DAILY|EXDATE:20260302T023000,20260330T023000",
                SKIP_LAST,
                from),
            Instant.parse("2026-03-28T01:30:00Z"),
            Instant.parse("2026-03-31T00:30:00Z"));
    Preview preview = preview(within, from, 10);
    assertThat(preview.description())
        .isEqualTo(
            "Every day at 02:30, except on 2 dates, from 2026-03-28 02:30:00 until"
                + " 2026-03-31 02:30:00, in Europe/Berlin.");
    assertThat(told(preview)).containsExactly("2026-03-28T02:30+01:00", "2026-03-31T02:30+02:00");
    assertThat(missed(preview))
        .containsExactly("2026-03-29T02:30 dst_gap skipped", "2026-03-30T02:30 exdate");
    assertThat(preview.warnings())
        .containsExactly(
            "The schedule ends after 2 more occurrences.",
            "On 2026-03-29 the clocks in Europe/Berlin jump over 02:30: it does not fire"
                + " (dst_gap skip).");
  }

  @Test
  void the_end_of_the_calendar_is_no_accident() {
    Instant from = Instant.parse("9999-12-30T12:00:00Z");
    for (Schedule schedule :
        List.of(
            cron("0 12 * * *", BOTH, from),
            cron("0 * * * *", BOTH, from),
            cron("@every 1d", BOTH, from),
            rrule("FREQ=DAILY", BOTH, from),
            rrule("FREQ=HOURLY;BYMINUTE=0", BOTH, from))) {
      Preview preview = preview(schedule, from, 100);
      assertThat(preview.occurrences()).hasSizeBetween(1, 40);
      assertThat(preview.warnings()).hasSize(1);
    }
  }

  @Test
  void what_may_surprise_is_warned_of() {
    Instant from = Instant.parse("2026-10-31T11:00:00Z");
    assertThat(preview(cron("0 12 31 2 *", BOTH, from), from, 3).warnings())
        .contains("The schedule never fires after 2026-10-31T11:00:00Z.");
    assertThat(preview(cron("0 12 29 2 *", BOTH, from), from, 3).warnings())
        .containsExactly(
            "The next occurrence is more than a year away.", "It fires in leap years only.");
    assertThat(preview(cron("0 12 30,31 * *", BOTH, from), from, 3).warnings())
        .containsExactly("Months that have no 30th are passed over.");
    assertThat(preview(cron("0 12 31 1,3 *", BOTH, from), from, 3).warnings()).isEmpty();
    assertThat(preview(rrule("FREQ=MONTHLY", BOTH, from), from, 3).warnings())
        .containsExactly("Months that have no 31st are passed over.");
    assertThat(preview(rrule("FREQ=MONTHLY;BYMONTHDAY=-1", BOTH, from), from, 3).warnings())
        .isEmpty();
    assertThat(
            preview(rrule("DTSTART:20270101T000000Z|RRULE:FREQ=DAILY", BOTH, from), from, 3)
                .warnings())
        .containsExactly(
            "DTSTART names its own time zone, so that Europe/Berlin does not count for its rules.");
    assertThat(preview(cron("@every 36525d", BOTH, from), from, 100).warnings())
        .containsExactly(
            "The next occurrence is more than a year away.",
            "Times after the year 9999 are left out.");
    assertThat(preview(cron("30 2 * * *", BOTH, from), from, 3).warnings())
        .containsExactly(
            "On 2027-03-28 the clocks in Europe/Berlin jump over 02:30: it fires 60 minutes later"
                + " (dst_gap shift).",
            "On 2027-10-31 the clocks in Europe/Berlin show 02:30 twice: it fires both times"
                + " (dst_overlap both).");
  }

  @Test
  void a_preview_ends_when_its_time_is_up() {
    Preview preview =
        Preview.of(
            cron("* * * * *", BOTH, BEFORE_GAP),
            BERLIN,
            new Question(BEFORE_GAP, 1_000, true),
            () -> true);
    assertThat(preview.occurrences()).hasSize(1);
    assertThat(preview.warnings())
        .containsExactly("The preview ends early: this schedule takes long to reckon.");
  }

  @Test
  void a_preview_shows_what_the_scheduler_would_fire() {
    for (DstPolicy policy : List.of(DstPolicy.DEFAULT, SKIP_LAST, BOTH)) {
      for (Schedule schedule :
          List.of(
              cron("15,45 1-3 * * *", policy, BEFORE_GAP),
              rrule(
                  "DTSTART:20260301T021500|RRULE:FREQ=DAILY|EXDATE:20260329T021500",
                  policy,
                  BEFORE_GAP))) {
        List<Instant> fired = new ArrayList<>();
        Optional<Instant> next = schedule.next(BEFORE_GAP);
        while (next.isPresent() && fired.size() < 300) {
          fired.add(next.get());
          next = schedule.next(next.get());
        }
        assertThat(preview(schedule, BEFORE_GAP, 300).occurrences())
            .extracting(Occurrence::at)
            .isEqualTo(fired);
      }
    }
  }

  @Test
  void the_zone_data_has_a_version() {
    assertThat(TzData.version()).matches("20\\d\\d[a-z]");
  }
}

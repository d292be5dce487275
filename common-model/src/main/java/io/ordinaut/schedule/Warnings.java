package io.ordinaut.schedule;

import io.ordinaut.schedule.Preview.Question;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;

/**
 * What may surprise the author of a schedule, in sentences.
 *
 * @param asked the zone of the task, which the schedule may overrule
 */
record Warnings(
    Schedule schedule,
    ZoneId asked,
    Candidates candidates,
    Question question,
    List<Instant> occurrences) {
  /** How far ahead to look for changes of the clocks: a year and the shift of its weekdays. */
  private static final Duration NEAR = Duration.ofDays(400);

  /** Exceptions that are looked up; each costs a search. */
  private static final int MOST_EXCEPTIONS = 100;

  private static final Duration YEAR = Duration.ofDays(366);
  private static final Set<Integer> SHORT_MONTHS = Set.of(2, 4, 6, 9, 11);

  List<String> all() {
    List<String> found = new ArrayList<>();
    if (schedule.isOneTime()) {
      if (!occurrences.isEmpty() && !occurrences.get(0).isAfter(question.from())) {
        found.add("The time is already past at " + from() + ": a task created then fires at once.");
      }
      return found;
    }
    aboutTheZone(found);
    aboutTheEnds(found);
    aboutExceptions(found);
    aboutRareDays(found);
    aboutChangesOfTheClocks(found);
    return found;
  }

  private void aboutTheEnds(List<String> found) {
    if (occurrences.isEmpty()) {
      found.add("The schedule never fires after " + from() + ".");
      return;
    }
    if (occurrences.get(0).isAfter(question.from().plus(YEAR))) {
      found.add("The next occurrence is more than a year away.");
    }
    if (occurrences.size() < question.count()) {
      boolean goesOn = schedule.next(occurrences.get(occurrences.size() - 1)).isPresent();
      found.add(
          goesOn
              ? "Times after the year 9999 are left out."
              : "The schedule ends after "
                  + English.counted(occurrences.size(), "more occurrence")
                  + ".");
    }
  }

  private void aboutExceptions(List<String> found) {
    Schedule everything = Candidates.of(unbounded(), asked).schedule();
    candidates.excluded().stream()
        .sorted()
        .limit(MOST_EXCEPTIONS)
        .filter(at -> everything.next(at.minusNanos(1)).filter(at::equals).isEmpty())
        .findFirst()
        .ifPresent(at -> found.add("The EXDATE at " + at + " takes nothing away."));
  }

  private void aboutTheZone(List<String> found) {
    if (!asked.equals(candidates.zone()) && !asked.equals(ZoneId.of("UTC"))) {
      found.add(
          "DTSTART names its own time zone, so that "
              + asked.getId()
              + " does not count for its rules.");
    }
  }

  private Instant from() {
    return question.from().truncatedTo(ChronoUnit.SECONDS);
  }

  private Schedule unbounded() {
    return schedule instanceof Bounded bounded ? bounded.schedule() : schedule;
  }

  private void aboutRareDays(List<String> found) {
    Schedule rule = unbounded();
    if (rule instanceof Cron cron) {
      rareDay(found, cron.sentence().lowestRareDay(), cron.sentence().months());
    } else if (rule instanceof Rrule rrule) {
      rareDay(found, rrule.sentence().lowestRareDay(), English.range(1, 12));
    }
  }

  private static void rareDay(List<String> found, int day, SortedSet<Integer> months) {
    boolean lacking =
        months.stream()
            .anyMatch(month -> month == 2 ? day > 28 : day > 30 && SHORT_MONTHS.contains(month));
    if (!lacking) {
      return;
    }
    found.add(
        months.size() == 1 && day == 29
            ? "It fires in leap years only."
            : "Months that have no " + English.nth(day) + " are passed over.");
  }

  private void aboutChangesOfTheClocks(List<String> found) {
    boolean gapFound = false;
    boolean overlapFound = false;
    Instant from = question.from();
    ZoneOffsetTransition change = candidates.zone().getRules().nextTransition(from);
    while (change != null && change.getInstant().isBefore(from.plus(NEAR))) {
      if (change.isGap() && !gapFound) {
        gapFound = touches(change, change.getDateTimeBefore(), change.getDateTimeAfter(), found);
      } else if (change.isOverlap() && !overlapFound) {
        overlapFound =
            touches(change, change.getDateTimeAfter(), change.getDateTimeBefore(), found);
      }
      change = candidates.zone().getRules().nextTransition(change.getInstant());
    }
  }

  /** Warns if the schedule names a time among those that a change jumps over or shows twice. */
  private boolean touches(
      ZoneOffsetTransition change, LocalDateTime from, LocalDateTime to, List<String> found) {
    LocalDateTime local = candidates.wall().atOrAfter(from).orElse(to);
    if (!local.isBefore(to)) {
      return false;
    }
    Instant at = local.toInstant(change.getOffsetBefore());
    if (candidates.schedule().next(at.minusNanos(1)).filter(at::equals).isEmpty()) {
      return false;
    }
    found.add(
        "On "
            + local.toLocalDate()
            + " the clocks in "
            + candidates.zone().getId()
            + (change.isGap()
                ? " jump over " + local.toLocalTime() + ": " + inGap(change)
                : " show " + local.toLocalTime() + " twice: " + inOverlap())
            + ".");
    return true;
  }

  private String inGap(ZoneOffsetTransition change) {
    return candidates.policy().gap() == DstGap.SKIP
        ? "it does not fire (dst_gap skip)"
        : "it fires " + change.getDuration().toMinutes() + " minutes later (dst_gap shift)";
  }

  private String inOverlap() {
    return switch (candidates.policy().overlap()) {
      case FIRST -> "it fires the first time (dst_overlap first)";
      case LAST -> "it fires the second time (dst_overlap last)";
      case BOTH -> "it fires both times (dst_overlap both)";
    };
  }
}

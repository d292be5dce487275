package io.ordinaut.schedule;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a schedule will do, told by the engine that does it.
 *
 * @param description the schedule as one English sentence
 * @param occurrences when it fires, in order
 * @param nonFirings what it names and yet does not fire, in order; empty unless asked for
 * @param warnings sentences about what may surprise
 */
public record Preview(
    String description,
    List<Occurrence> occurrences,
    List<NonFiring> nonFirings,
    List<String> warnings) {
  /** Beyond it no time can be written with four digits of year. */
  private static final Instant LAST = Instant.parse("9999-12-31T23:59:59Z");

  /**
   * What is asked.
   *
   * @param from occurrences lie strictly after it
   * @param count how many occurrences at most, and how many non-firings
   * @param explain whether to tell non-firings
   */
  public record Question(Instant from, int count, boolean explain) {}

  /**
   * A time at which a schedule fires.
   *
   * @param at the instant
   * @param local what the clocks of the schedule's zone show
   * @param offset of these clocks
   * @param notes what was decided, such as {@code dst_gap shifted 60 min}
   */
  public record Occurrence(
      Instant at, LocalDateTime local, ZoneOffset offset, List<String> notes) {}

  /**
   * A time that a schedule names and at which it does not fire.
   *
   * @param at the instant; null for a local time that does not exist
   * @param local what the clocks show, or would
   * @param offset of these clocks; null with {@code at}
   * @param reason {@code exdate}, {@code dst_gap skipped}, {@code dst_overlap not the first} or
   *     {@code dst_overlap not the last}
   */
  public record NonFiring(
      @Nullable Instant at, LocalDateTime local, @Nullable ZoneOffset offset, String reason) {}

  /**
   * Looks ahead.
   *
   * @param zone of the task, for schedules that name none
   * @param timeIsUp asked between two steps; true ends the preview early, with a warning
   */
  public static Preview of(
      Schedule schedule, ZoneId zone, Question question, BooleanSupplier timeIsUp) {
    Candidates candidates = Candidates.of(schedule, zone);
    Decisions decisions = new Decisions(candidates);
    List<Instant> fired = fired(schedule, question, timeIsUp);
    List<NonFiring> nonFirings =
        question.explain() ? nonFirings(decisions, question, fired, timeIsUp) : List.of();
    List<String> warnings = new ArrayList<>();
    if (timeIsUp.getAsBoolean()) {
      warnings.add("The preview ends early: this schedule takes long to reckon.");
    } else {
      warnings.addAll(new Warnings(schedule, zone, candidates, question, fired).all());
    }
    if (question.explain() && nonFirings.size() == question.count()) {
      warnings.add(
          "Not more than " + English.counted(question.count(), "non-firing") + " can be listed.");
    }
    return new Preview(
        Description.of(schedule, zone),
        fired.stream().map(decisions::occurrence).toList(),
        nonFirings,
        List.copyOf(warnings));
  }

  private static List<Instant> fired(
      Schedule schedule, Question question, BooleanSupplier timeIsUp) {
    List<Instant> fired = new ArrayList<>();
    Optional<Instant> next =
        schedule.isOneTime() ? schedule.first(question.from()) : schedule.next(question.from());
    while (next.isPresent() && !next.get().isAfter(LAST)) {
      fired.add(next.get());
      if (fired.size() == question.count() || schedule.isOneTime() || timeIsUp.getAsBoolean()) {
        break;
      }
      next = schedule.next(next.get());
    }
    return fired;
  }

  /** Walks all that the schedule names, as far as the occurrences reach. */
  private static List<NonFiring> nonFirings(
      Decisions decisions, Question question, List<Instant> fired, BooleanSupplier timeIsUp) {
    boolean ended = fired.size() < question.count();
    Instant last = ended ? LAST : fired.get(fired.size() - 1);
    Set<Instant> occurrences = fired.stream().collect(Collectors.toSet());
    List<NonFiring> found = new ArrayList<>();
    Schedule everything = decisions.candidates().schedule();
    Optional<Instant> next = everything.next(question.from());
    // What is named either fires or has a reason; a third that has none may not go on for ever.
    for (int i = 0; i < 3 * question.count() && !timeIsUp.getAsBoolean(); i++) {
      if (next.isEmpty() || next.get().isAfter(last) || found.size() == question.count()) {
        break;
      }
      NonFiring nonFiring = decisions.nonFiring(next.get(), occurrences.contains(next.get()));
      if (nonFiring != null) {
        found.add(nonFiring);
      }
      next = everything.next(next.get());
    }
    return found;
  }
}

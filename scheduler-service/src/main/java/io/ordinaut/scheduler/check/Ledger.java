package io.ordinaut.scheduler.check;

import io.ordinaut.schedule.Schedule;
import io.ordinaut.scheduler.check.InvariantTable.Span;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Compares what a schedule says with what is on record: every occurrence of a stretch of time has
 * fired or lies in a span, and a span holds as many as it says. Pure.
 */
final class Ledger {
  private static final String NAME = "every occurrence is accounted for";

  /** A schedule of seconds has more in a stretch than is worth walking. */
  private static final int MOST = 200_000;

  private static final int MOST_SAID = 5;

  private final InvariantTable.Planned task;
  private final Set<Instant> fired;
  private final List<Span> spans;
  private final List<Finding> findings = new ArrayList<>();

  Ledger(InvariantTable.Planned task, Set<Instant> fired, List<Span> spans) {
    this.task = task;
    this.fired = fired;
    this.spans = spans;
  }

  /**
   * What is wrong between two instants.
   *
   * @param from the stretch begins after it
   * @param until the stretch ends before it
   */
  List<Finding> compare(Schedule schedule, Instant from, Instant until) {
    long[] counted = new long[spans.size()];
    int span = 0;
    Optional<Instant> next = schedule.next(from);
    for (int i = 0; i < MOST && next.isPresent() && next.get().isBefore(until); i++) {
      Instant at = next.get();
      while (span < spans.size() && spans.get(span).to().isBefore(at)) {
        span++;
      }
      if (span < spans.size() && !spans.get(span).from().isAfter(at)) {
        counted[span]++;
      } else if (!fired.contains(at)) {
        say("its occurrence of " + at + " neither fired nor is it recorded");
      }
      next = schedule.next(at);
    }
    Instant end = next.filter(at -> at.isBefore(until)).orElse(until);
    compareCounts(counted, from, end);
    return findings;
  }

  /** Of spans that lie in the stretch whole: others were recorded under an earlier plan. */
  private void compareCounts(long[] counted, Instant from, Instant until) {
    for (int i = 0; i < counted.length; i++) {
      Span span = spans.get(i);
      if (span.from().isAfter(from) && span.to().isBefore(until) && counted[i] != span.count()) {
        say(
            "the span from "
                + span.from()
                + " to "
                + span.to()
                + " says "
                + span.count()
                + " occurrences, the schedule "
                + counted[i]);
      }
    }
  }

  private void say(String what) {
    if (findings.size() < MOST_SAID) {
      findings.add(new Finding(NAME, task.task().id(), what));
    }
  }
}

package io.ordinaut.scheduler.plan;

import io.ordinaut.schedule.Jitter;
import io.ordinaut.schedule.Overlap;
import io.ordinaut.schedule.Schedule;
import io.ordinaut.scheduler.plan.Skip.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides which occurrences of a due task fire and where its cursor goes: each one before the new
 * cursor is an emission or part of a recorded span. Pure.
 *
 * <p>Occurrences up to a minute late fire. What was missed by more is its catch-up policy's to
 * decide; what meets a run that is still going, its overlap policy's.
 */
public final class Planner {
  private static final Duration NEAR = Duration.ofSeconds(60);

  /** Of one task in one tick; what is left is planned by the next. */
  private static final int MOST_OCCURRENCES = 1_000;

  /** Missed work that a task may have waiting at once, and how far apart it becomes available. */
  private static final int MOST_CAUGHT_UP = 1_000;

  private static final Duration CATCH_UP_PACE = Duration.ofMillis(100);

  /** One run that goes on and one that waits for its end. */
  private static final int MOST_BUFFERED = 2;

  private final DueTask task;
  private final Duration lookAhead;
  private final List<Emission> emissions = new ArrayList<>();
  private final List<Skip> skips = new ArrayList<>();
  private long runsLeft;

  private Planner(DueTask task, Duration lookAhead) {
    this.task = task;
    this.lookAhead = lookAhead;
    this.runsLeft = task.runsLeft();
  }

  /**
   * The plan for one due task.
   *
   * @param lookAhead how long before its time an occurrence is emitted, where overlap is allowed
   */
  public static Plan plan(DueTask task, Duration lookAhead) {
    Schedule schedule = task.schedule();
    return schedule.isOneTime() ? planOnce(task) : new Planner(task, lookAhead).plan(schedule);
  }

  private static Plan planOnce(DueTask task) {
    Instant at = task.nextRun();
    return new Plan(
        List.of(new Emission(task.id(), at, null, true)),
        List.of(),
        new Advance(task.id(), at, at, 1, false, null),
        false);
  }

  private Plan plan(Schedule schedule) {
    Overlap overlap = task.firing().overlap();
    Instant until = overlap == Overlap.ALLOW ? task.now().plus(lookAhead) : task.now();
    List<Instant> late = new ArrayList<>();
    List<Instant> near = new ArrayList<>();
    Instant next = owed(schedule, until, late, near);
    boolean allLateKnown = next == null || !isLate(next);

    List<Instant> fires = new ArrayList<>(catchUp(late, allLateKnown));
    fires.addAll(near);
    meetGoing(fires, overlap);
    return finish(next, overlap == Overlap.CANCEL_RUNNING && !emissions.isEmpty());
  }

  private boolean isLate(Instant at) {
    return at.isBefore(task.now().minus(NEAR));
  }

  /** Sorts what is owed into late and near, and answers with what follows. */
  private @Nullable Instant owed(
      Schedule schedule, Instant until, List<Instant> late, List<Instant> near) {
    Instant at = unfired(schedule, task.nextRun());
    for (int i = 0; i < MOST_OCCURRENCES && at != null && !at.isAfter(until); i++) {
      (isLate(at) ? late : near).add(at);
      at = unfired(schedule, schedule.next(at).orElse(null));
    }
    return at;
  }

  /** An occurrence, or the first one after it that has not fired yet. */
  private @Nullable Instant unfired(Schedule schedule, @Nullable Instant occurrence) {
    Instant at = occurrence;
    while (at != null && task.fired().contains(at)) {
      at = schedule.next(at).orElse(null);
    }
    return at;
  }

  /** What was missed: beyond the window nothing fires, within it what the policy says. */
  private List<Instant> catchUp(List<Instant> late, boolean allLateKnown) {
    Instant windowFrom = task.now().minus(task.firing().catchUpWindow());
    List<Instant> old = late.stream().filter(at -> at.isBefore(windowFrom)).toList();
    List<Instant> recent = late.subList(old.size(), late.size());
    skip(old, Reason.MISFIRE_SKIPPED);
    return switch (task.firing().catchUp()) {
      case NONE -> {
        skip(recent, Reason.MISFIRE_SKIPPED);
        yield List.of();
      }
      case ALL -> catchUpWithAll(recent);
      case LATEST -> {
        int fires = allLateKnown && !recent.isEmpty() ? 1 : 0;
        List<Instant> others = recent.subList(0, recent.size() - fires);
        skip(others, Reason.COALESCED);
        yield recent.subList(others.size(), recent.size());
      }
    };
  }

  /** Where runs may go on side by side their start is paced, so that a downtime is no flood. */
  private List<Instant> catchUpWithAll(List<Instant> recent) {
    if (task.firing().overlap() != Overlap.ALLOW) {
      return recent;
    }
    long room = Math.max(0, MOST_CAUGHT_UP - task.going());
    int fires = (int) Math.min(room, recent.size());
    int paced = 0;
    for (Instant at : recent.subList(0, fires)) {
      emit(at, task.now().plus(CATCH_UP_PACE.multipliedBy(paced++)));
    }
    skip(recent.subList(fires, recent.size()), Reason.MISFIRE_SKIPPED);
    return List.of();
  }

  /** What fires, unless an earlier run is in its way. */
  private void meetGoing(List<Instant> occurrences, Overlap overlap) {
    int size = occurrences.size();
    switch (overlap) {
      case ALLOW -> occurrences.forEach(this::emit);
      case SKIP -> firstOnes(occurrences, room(1, size));
      case BUFFER_ONE -> firstOnes(occurrences, room(MOST_BUFFERED, size));
      case CANCEL_RUNNING -> {
        int superseded = Math.max(0, size - 1);
        skip(occurrences.subList(0, superseded), Reason.OVERLAP_SKIPPED);
        occurrences.subList(superseded, size).forEach(this::emit);
      }
    }
  }

  private int room(int most, int wanted) {
    return (int) Math.min(wanted, Math.max(0, most - task.going()));
  }

  private void firstOnes(List<Instant> occurrences, int howMany) {
    occurrences.subList(0, howMany).forEach(this::emit);
    skip(occurrences.subList(howMany, occurrences.size()), Reason.OVERLAP_SKIPPED);
  }

  private void emit(Instant at) {
    emit(at, Jitter.availableAt(task.id(), at, task.firing().jitter()));
  }

  private void emit(Instant at, @Nullable Instant availableAt) {
    if (runsLeft == 0) {
      // What is ahead may still be taken back, and then others fire in its place.
      if (!at.isAfter(task.now())) {
        skip(List.of(at), Reason.MAX_RUNS);
      }
      return;
    }
    runsLeft--;
    emissions.add(new Emission(task.id(), at, availableAt, false));
  }

  /** Records what does not fire, in spans between occurrences that do or did. */
  private void skip(List<Instant> occurrences, Reason reason) {
    int begin = 0;
    for (int end = 1; end <= occurrences.size(); end++) {
      if (end == occurrences.size() || hasFired(occurrences.get(end - 1), occurrences.get(end))) {
        skipSpan(occurrences.subList(begin, end), reason);
        begin = end;
      }
    }
  }

  /** Records a span; one that follows another of the same reason makes it longer. */
  private void skipSpan(List<Instant> span, Reason reason) {
    Instant to = span.get(span.size() - 1);
    Skip last = skips.isEmpty() ? null : skips.get(skips.size() - 1);
    if (last != null
        && last.reason() == reason
        && !firesBetween(last.to(), span.get(0))
        && !hasFired(last.to(), span.get(0))) {
      skips.set(
          skips.size() - 1,
          new Skip(task.id(), last.from(), to, last.count() + span.size(), reason));
    } else {
      skips.add(new Skip(task.id(), span.get(0), to, span.size(), reason));
    }
  }

  private boolean firesBetween(Instant from, Instant to) {
    return emissions.stream().anyMatch(e -> e.runAt().isAfter(from) && e.runAt().isBefore(to));
  }

  /** Whether an occurrence between two others had fired before. */
  private boolean hasFired(Instant from, Instant to) {
    return !task.fired().isEmpty() && !task.fired().subSet(from, false, to, false).isEmpty();
  }

  private Plan finish(@Nullable Instant next, boolean stopsGoing) {
    Instant cursor = runsLeft == 0 ? null : next;
    int fired = emissions.size();
    if (cursor == null && fired > 0) {
      Emission last = emissions.remove(fired - 1);
      emissions.add(new Emission(last.taskId(), last.runAt(), last.availableAt(), true));
    }
    Instant lastEmitted = fired == 0 ? null : emissions.get(fired - 1).runAt();
    boolean isOver = cursor == null && fired == 0;
    String reason = isOver ? "Its last occurrence did not fire." : null;
    return new Plan(
        List.copyOf(emissions),
        List.copyOf(skips),
        new Advance(task.id(), cursor, lastEmitted, fired, isOver, reason),
        stopsGoing);
  }
}

package io.ordinaut.api.schedule;

import io.ordinaut.store.Statements;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.function.BooleanSupplier;

/**
 * What gets in each other's way in a stretch of time.
 *
 * @param runs that are to come, in order of time
 * @param minutes in which they are due
 * @param sharedKeys keys under which runs wait
 * @param busyMinutes in which more is due than workers can take, busiest first
 * @param slots how many runs the workers take at once
 * @param slotsAssumed whether no live worker is known
 * @param completeUntil before it nothing was left out of account
 */
record Conflicts(
    List<Run> runs,
    Map<Instant, Minute> minutes,
    List<SharedKey> sharedKeys,
    List<Minute> busyMinutes,
    int slots,
    boolean slotsAssumed,
    Instant completeUntil) {
  private static final int MOST_RUNS = 200_000;
  private static final int ASSUMED_SLOTS = 32;

  /** Of a task that has not run; and no run is taken for shorter than a millisecond. */
  private static final double UNKNOWN_SECONDS = 1;

  private static final double SHORTEST_SECONDS = 0.001;
  private static final int TASKS_AT_ONCE = 500;

  /**
   * Finds them.
   *
   * @param timeIsUp asked between two steps; true ends the stretch early
   */
  static Conflicts find(Statements db, ConflictRequest request, BooleanSupplier timeIsUp) {
    Ahead ahead = new Ahead(db, request.from(), request.to(), timeIsUp);
    if (request.given() != null) {
      ahead.add(request.given());
    }
    List<Source> sources = new ArrayList<>();
    Source next = ahead.next();
    while (next != null && sources.size() < MOST_RUNS) {
      sources.add(next);
      next.next().ifPresent(ahead::add);
      next = ahead.next();
    }
    List<Run> runs = runs(db, sources);
    Map<Instant, Minute> minutes = Minute.of(runs);
    OptionalInt known = SourceTable.slots(db);
    int slots = known.orElse(ASSUMED_SLOTS);
    return new Conflicts(
        runs,
        minutes,
        SharedKey.find(runs),
        Minute.busy(minutes, slots),
        slots,
        known.isEmpty(),
        next == null ? ahead.completeUntil() : next.at());
  }

  private static List<Run> runs(Statements db, List<Source> sources) {
    List<UUID> ids =
        sources.stream().map(Source::taskId).filter(Objects::nonNull).distinct().toList();
    Map<UUID, Double> typical = new HashMap<>();
    for (int i = 0; i < ids.size(); i += TASKS_AT_ONCE) {
      typical.putAll(
          SourceTable.typicalSeconds(db, ids.subList(i, Math.min(ids.size(), i + TASKS_AT_ONCE))));
    }
    return sources.stream()
        .map(source -> new Run(source, source.availableAt(), seconds(source, typical)))
        .sorted(Comparator.comparing(Run::at))
        .toList();
  }

  private static double seconds(Source source, Map<UUID, Double> typical) {
    UUID id = source.taskId();
    double seconds = id == null ? UNKNOWN_SECONDS : typical.getOrDefault(id, UNKNOWN_SECONDS);
    return Math.max(SHORTEST_SECONDS, seconds);
  }

  /** Whether the given schedule has a part in it. */
  boolean touchGiven() {
    boolean waits =
        sharedKeys.stream()
            .flatMap(shared -> shared.meetings().stream())
            .anyMatch(met -> met.before().isGiven() || met.after().isGiven());
    return waits
        || Minute.of(runs.stream().filter(Run::isGiven).toList()).keySet().stream()
            .map(minutes::get)
            .anyMatch(minute -> minute != null && minute.isBusy(slots));
  }
}

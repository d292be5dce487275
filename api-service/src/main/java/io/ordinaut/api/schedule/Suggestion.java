package io.ordinaut.api.schedule;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What would make conflicts go away.
 *
 * @param jitterSeconds over how long to spread the busiest minute; null when that is no way out
 * @param offsetSeconds by how much to begin later; null when that is no way out
 * @param taskId which task to begin later; null when it is the given schedule
 * @param because a sentence
 */
record Suggestion(
    @Nullable Integer jitterSeconds,
    @Nullable Long offsetSeconds,
    @Nullable UUID taskId,
    String because) {
  private static final int AN_HOUR = 60;

  /** A long schedule repeats itself; so many of its runs tell enough. */
  private static final int MOST_SHIFTED = 2_000;

  /** Of conflicts, if there is any. */
  static Optional<Suggestion> of(Conflicts conflicts) {
    Optional<Suggestion> offset =
        conflicts.touchGiven() ? shift(conflicts.runs()) : apart(conflicts.sharedKeys());
    Optional<Suggestion> jitter = spread(conflicts);
    if (offset.isEmpty() || jitter.isEmpty()) {
      return offset.or(() -> jitter);
    }
    Suggestion first = offset.get();
    Suggestion second = jitter.get();
    return Optional.of(
        new Suggestion(
            second.jitterSeconds,
            first.offsetSeconds,
            first.taskId,
            first.because + " " + second.because));
  }

  /** The given schedule begins in the minute where it meets least. */
  private static Optional<Suggestion> shift(List<Run> runs) {
    List<Run> given = runs.stream().filter(Run::isGiven).limit(MOST_SHIFTED).toList();
    List<Run> others = runs.stream().filter(run -> !run.isGiven()).toList();
    String key = given.get(0).source().key();
    Map<Instant, Integer> held = held(others, key);
    Map<Instant, Minute> load = Minute.of(others);
    int best = 0;
    for (int minutes = 1; minutes < AN_HOUR; minutes++) {
      if (met(given, minutes, held, load) < met(given, best, held, load)) {
        best = minutes;
      }
    }
    return best == 0
        ? Optional.empty()
        : Optional.of(
            new Suggestion(
                null,
                best * 60L,
                null,
                "The schedule meets the least of other tasks' runs when it begins "
                    + best
                    + " min later."));
  }

  /** In which minutes a key is held, and by how many. */
  private static Map<Instant, Integer> held(List<Run> runs, @Nullable String key) {
    Map<Instant, Integer> held = new HashMap<>();
    for (Run run : runs) {
      if (key != null && key.equals(run.source().key())) {
        Instant first = run.at().truncatedTo(ChronoUnit.MINUTES);
        long minutes = Math.min(AN_HOUR, (long) run.seconds() / 60);
        for (long i = 0; i <= minutes; i++) {
          held.merge(first.plusSeconds(i * 60), 1, Integer::sum);
        }
      }
    }
    return held;
  }

  /** Whatever waits for the same key weighs more than whatever else is due. */
  private static double met(
      List<Run> given, int minutes, Map<Instant, Integer> held, Map<Instant, Minute> load) {
    double met = 0;
    for (Run run : given) {
      Instant minute = run.at().truncatedTo(ChronoUnit.MINUTES).plusSeconds(minutes * 60L);
      met += 1e9 * held.getOrDefault(minute, 0);
      met += load.containsKey(minute) ? Objects.requireNonNull(load.get(minute)).seconds() : 0;
    }
    return met;
  }

  /** Of two tasks that meet, the later begins when the earlier has ended. */
  private static Optional<Suggestion> apart(List<SharedKey> keys) {
    return keys.stream()
        .map(SharedKey::closest)
        .filter(
            met -> !Objects.equals(met.before().source().taskId(), met.after().source().taskId()))
        .findFirst()
        .map(
            met -> {
              long later = (long) Math.ceil(met.before().seconds() - met.gap());
              return new Suggestion(
                  null,
                  later,
                  met.after().source().taskId(),
                  String.format(
                      Locale.ROOT,
                      "Task %s waits for task %s, which typically runs for %.1f s.",
                      met.after().source().taskId(),
                      met.before().source().taskId(),
                      met.before().seconds()));
            });
  }

  /** The shortest time over which the busiest minute fits, with all that is due meanwhile. */
  private static Optional<Suggestion> spread(Conflicts conflicts) {
    if (conflicts.busyMinutes().isEmpty()) {
      return Optional.empty();
    }
    Minute busiest = conflicts.busyMinutes().get(0);
    double due = 0;
    for (int i = 0; i < AN_HOUR; i++) {
      Minute minute = conflicts.minutes().get(busiest.at().plusSeconds(i * 60L));
      due += minute == null ? 0 : minute.seconds();
      int seconds = (i + 1) * 60;
      if (due <= (double) conflicts.slots() * seconds) {
        String because =
            "%s runs are due at %s and %s can be taken in a minute; spread over %s s they fit."
                .formatted(
                    busiest.runs(), busiest.at(), busiest.capacity(conflicts.slots()), seconds);
        return Optional.of(new Suggestion(seconds, null, null, because));
      }
    }
    return Optional.of(
        new Suggestion(
            null,
            null,
            null,
            "More is due for an hour from "
                + busiest.at()
                + " on than can be taken: no jitter helps, more workers do."));
  }
}

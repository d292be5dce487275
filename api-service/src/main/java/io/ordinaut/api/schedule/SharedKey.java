package io.ordinaut.api.schedule;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A concurrency key under which runs are due closer than a typical run takes.
 *
 * @param key the key
 * @param meetings every run that has to wait, with the one that it waits for, in order of time
 */
record SharedKey(String key, List<Meeting> meetings) {
  /**
   * A run that has to wait.
   *
   * @param before the run it waits for
   * @param after the run that waits
   */
  record Meeting(Run before, Run after) {
    /** Seconds between their begins. */
    double gap() {
      return before.secondsTo(after);
    }
  }

  /** Finds them, the one with the most meetings first. The runs are in order of time. */
  static List<SharedKey> find(List<Run> runs) {
    Map<String, List<Run>> byKey = new LinkedHashMap<>();
    for (Run run : runs) {
      String key = run.source().key();
      if (key != null) {
        byKey.computeIfAbsent(key, k -> new ArrayList<>()).add(run);
      }
    }
    return byKey.entrySet().stream()
        .map(entry -> new SharedKey(entry.getKey(), meetings(entry.getValue())))
        .filter(shared -> !shared.meetings().isEmpty())
        .sorted(Comparator.comparing(shared -> -shared.meetings().size()))
        .toList();
  }

  private static List<Meeting> meetings(List<Run> runs) {
    int limit =
        runs.stream()
            .filter(r -> !r.isGiven())
            .mapToInt(r -> r.source().keyLimit())
            .min()
            .orElse(1);
    List<Meeting> found = new ArrayList<>();
    for (int i = limit; i < runs.size(); i++) {
      Meeting meeting = new Meeting(runs.get(i - limit), runs.get(i));
      if (meeting.gap() < meeting.before().seconds()) {
        found.add(meeting);
      }
    }
    return found;
  }

  /** The first of those whose gap is the smallest. */
  Meeting closest() {
    return meetings.stream().min(Comparator.comparing(Meeting::gap)).orElseThrow();
  }
}

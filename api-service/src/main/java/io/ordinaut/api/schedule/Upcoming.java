package io.ordinaut.api.schedule;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.json.Json;
import io.ordinaut.task.Forecast.Occurrence;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * What comes next in a stretch of time.
 *
 * @param entries in order of time; a dense task has one for all that follows
 * @param completeUntil before it nothing is missing
 */
record Upcoming(List<Entry> entries, Instant completeUntil) {
  /** Dense tasks are counted out, all of them together up to this. */
  private static final int MOST_COUNTED = 100_000;

  private static final int MOST_COUNTED_OF_ONE = 10_000;

  /**
   * An occurrence, or the first of many.
   *
   * @param source what fires
   * @param dense whether it stands for all that follow
   */
  record Entry(Source source, boolean dense) {}

  /** Takes what fits from the list of what is ahead. */
  static Upcoming of(Ahead ahead, int limit) {
    List<Entry> entries = new ArrayList<>();
    Source next = ahead.next();
    while (next != null && entries.size() < limit) {
      boolean dense = next.occurrence().isDense();
      entries.add(new Entry(next, dense));
      if (!dense) {
        next.next().ifPresent(ahead::add);
      }
      next = ahead.next();
    }
    return new Upcoming(entries, next == null ? ahead.completeUntil() : next.at());
  }

  /**
   * As JSON.
   *
   * @param to the end of the stretch, up to which dense tasks are counted
   * @param timeIsUp asked while counting; true ends it early
   */
  String write(Instant from, Instant to, BooleanSupplier timeIsUp) {
    long dense = entries.stream().filter(Entry::dense).count();
    int most = (int) Math.min(MOST_COUNTED_OF_ONE, MOST_COUNTED / Math.max(1, dense));
    ObjectNode answer = Json.object();
    answer.put("from", from.toString()).put("to", to.toString());
    var list = answer.putArray("entries");
    for (Entry entry : entries) {
      Source source = entry.source();
      ObjectNode json =
          list.addObject()
              .put("task_id", String.valueOf(source.taskId()))
              .put("title", source.title());
      if (entry.dense()) {
        count(source.occurrence(), to, most, timeIsUp, json);
      } else {
        json.put("run_at", source.at().toString());
        json.put("local", source.at().atZone(source.zone()).toOffsetDateTime().toString());
      }
    }
    return Json.write(answer.put("complete_until", completeUntil.toString()));
  }

  private static void count(
      Occurrence first, Instant to, int most, BooleanSupplier timeIsUp, ObjectNode json) {
    Occurrence last = first;
    Optional<Occurrence> next = first.next();
    Duration every = next.map(n -> Duration.between(first.at(), n.at())).orElse(Duration.ZERO);
    int count = 1;
    while (next.isPresent() && next.get().at().isBefore(to)) {
      if (count == most || timeIsUp.getAsBoolean()) {
        json.put("every", every.toString()).put("count_at_least", count);
        json.put("first", first.at().toString());
        return;
      }
      Duration distance = Duration.between(last.at(), next.get().at());
      every = distance.compareTo(every) < 0 ? distance : every;
      last = next.get();
      next = last.next();
      count++;
    }
    json.put("every", every.toString()).put("count", count);
    json.put("first", first.at().toString()).put("last", last.at().toString());
  }
}

package io.ordinaut.api.schedule;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.api.schedule.SharedKey.Meeting;
import io.ordinaut.json.Json;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Conflicts as JSON; every list ends after a hundred, and says so. */
final class ConflictsJson {
  private static final int MOST = 100;

  private ConflictsJson() {}

  static String write(ConflictRequest request, Conflicts conflicts) {
    ObjectNode answer = Json.object();
    answer.put("from", request.from().toString()).put("to", request.to().toString());
    answer.put("complete_until", conflicts.completeUntil().toString());
    answer.put("slots", conflicts.slots()).put("capacity_assumed", conflicts.slotsAssumed());
    var keys = answer.putArray("shared_keys");
    conflicts.sharedKeys().stream().limit(MOST).forEach(key -> write(key, keys.addObject()));
    answer.put("shared_keys_cut", conflicts.sharedKeys().size() > MOST);
    var minutes = answer.putArray("busy_minutes");
    conflicts.busyMinutes().stream()
        .limit(MOST)
        .forEach(
            minute ->
                minutes
                    .addObject()
                    .put("minute", minute.at().toString())
                    .put("runs", minute.runs())
                    .put("capacity", minute.capacity(conflicts.slots())));
    answer.put("busy_minutes_cut", conflicts.busyMinutes().size() > MOST);
    Suggestion.of(conflicts)
        .ifPresentOrElse(
            suggestion -> write(suggestion, answer.putObject("suggestion")),
            () -> answer.putNull("suggestion"));
    return Json.write(answer);
  }

  private static void write(SharedKey shared, ObjectNode into) {
    into.put("concurrency_key", shared.key());
    var tasks = into.putArray("tasks");
    shared.meetings().stream()
        .flatMap(met -> Stream.of(met.before().source(), met.after().source()))
        .map(source -> text(source.taskId()))
        .distinct()
        .limit(MOST)
        .forEach(tasks::add);
    var occurrences = into.putArray("occurrences");
    shared.meetings().stream().limit(MOST).forEach(met -> write(met, occurrences.addObject()));
    into.put("occurrences_cut", shared.meetings().size() > MOST);
    into.put("count", shared.meetings().size());
    into.put("gap_seconds", shared.closest().gap());
    into.put("typical_run_seconds", shared.closest().before().seconds());
  }

  private static void write(Meeting met, ObjectNode into) {
    into.put("task_id", text(met.after().source().taskId()));
    into.put("at", met.after().at().toString());
    into.put("waits_for", text(met.before().source().taskId()));
    into.put("gap_seconds", met.gap());
  }

  private static void write(Suggestion suggestion, ObjectNode into) {
    if (suggestion.jitterSeconds() != null) {
      into.put("jitter_seconds", suggestion.jitterSeconds());
    }
    if (suggestion.offsetSeconds() != null) {
      into.put("offset_seconds", suggestion.offsetSeconds());
    }
    if (suggestion.taskId() != null) {
      into.put("task_id", suggestion.taskId().toString());
    }
    into.put("because", suggestion.because());
  }

  /** The schedule that no task has is told by a null. */
  private static @Nullable String text(@Nullable UUID taskId) {
    return taskId == null ? null : taskId.toString();
  }
}

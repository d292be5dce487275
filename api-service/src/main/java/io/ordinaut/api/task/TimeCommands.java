package io.ordinaut.api.task;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.api.http.Problem;
import io.ordinaut.failure.InvalidInputException;
import io.ordinaut.json.Json;
import io.ordinaut.schedule.Schedule;
import io.ordinaut.schedule.ScheduleKind;
import io.ordinaut.store.Db;
import io.ordinaut.store.Statements;
import io.ordinaut.store.WithdrawalTable;
import io.ordinaut.stream.NudgeStream;
import io.ordinaut.task.Task;
import io.ordinaut.task.TaskDraft;
import io.ordinaut.task.TaskStatus;
import io.ordinaut.work.Cause;
import io.ordinaut.work.Ids;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What users do to single occurrences: put one off, make up for past ones. */
@ApplicationScoped
public class TimeCommands {
  private static final Duration LONGEST_SNOOZE = Duration.ofDays(7);

  /** Past occurrences that one backfill looks at, whether they fired or not. */
  private static final int MOST_LOOKED_AT = 10_000;

  private final Db db;
  private final NudgeStream nudges;

  /** On the given database and nudges. */
  @Inject
  public TimeCommands(Db db, NudgeStream nudges) {
    this.db = db;
    this.nudges = nudges;
  }

  /**
   * How long an occurrence is put off.
   *
   * @param delay from its nominal time, or from now if that has passed; null when {@code until} is
   *     given
   * @param until when it runs; null when {@code delay} is given
   * @param reason in the user's words; may be null
   */
  public record Snooze(
      @Nullable Duration delay, @Nullable Instant until, @Nullable String reason) {}

  /**
   * An occurrence that was put off.
   *
   * @param workId of its work and its run
   * @param runAt its nominal time
   * @param availableAt when it runs
   */
  public record Snoozed(UUID workId, Instant runAt, Instant availableAt) {}

  /** Puts off the next occurrence; it keeps its nominal time and the schedule goes on unmoved. */
  public Snoozed snooze(UUID id, Snooze snooze) {
    Snoozed snoozed = db.transaction(tx -> snooze(tx, locked(tx, id), snooze));
    nudges.send(NudgeStream.SCHEDULE);
    return snoozed;
  }

  private static Snoozed snooze(Statements tx, Task task, Snooze snooze) {
    if (task.status() != TaskStatus.ACTIVE) {
      throw new Problem(
          409, "The task is " + task.status().stored() + "; only an active one can be snoozed.");
    }
    WithdrawalTable.Occurrence next =
        WithdrawalTable.withdrawNext(tx, task.id()).orElseGet(() -> takeFromCursor(tx, task));
    Instant now = TaskTable.clock(tx);
    Instant from = next.runAt().isAfter(now) ? next.runAt() : now;
    Instant until = snooze.until() != null ? snooze.until() : from.plus(delayOf(snooze));
    if (!until.isAfter(from) || until.isAfter(from.plus(LONGEST_SNOOZE))) {
      throw new InvalidInputException(
          "until", "must be after " + from + " and at most 7 days later.");
    }
    ObjectNode told = Json.object();
    told.put("until", until.toString());
    told.put("reason", snooze.reason());
    Cause cause =
        task.spec().scheduleKind() == ScheduleKind.CONDITION ? Cause.CONDITION : Cause.SCHEDULE;
    TimeTable.putOff(tx, task.id(), task.createdBy(), cause, next, until, told);
    return new Snoozed(next.id(), next.runAt(), until);
  }

  private static Duration delayOf(Snooze snooze) {
    return Objects.requireNonNull(snooze.delay(), "delay or until");
  }

  /** The cursor's occurrence counts as emitted from here on: the signal is its only holder. */
  private static WithdrawalTable.Occurrence takeFromCursor(Statements tx, Task task) {
    Instant cursor = task.nextRun();
    Schedule schedule = TaskDraft.schedule(task.spec(), task.scheduleAnchor());
    boolean once = task.spec().scheduleKind() == ScheduleKind.ONCE;
    Instant at = once ? cursor : Unfired.first(tx, task, schedule, cursor);
    if (at == null || at.equals(task.lastEmitted())) {
      throw new Problem(409, "The task has no next occurrence that could be snoozed.");
    }
    Instant following =
        once ? null : Unfired.first(tx, task, schedule, schedule.next(at).orElse(null));
    Long most = task.spec().firing().maxRuns();
    if (most != null && task.runsStarted() + 1 >= most) {
      following = null;
    }
    int fired = task.spec().scheduleKind() == ScheduleKind.CONDITION ? 0 : 1;
    TimeTable.advance(tx, task.id(), once ? at : following, at, fired);
    return new WithdrawalTable.Occurrence(Ids.next(), at, following == null);
  }

  /**
   * Which past occurrences to make up for.
   *
   * @param from the first instant
   * @param to the last instant
   * @param limit how many at the most
   * @param dryRun whether only to say which
   * @param force also those that have fired
   */
  public record Backfill(Instant from, Instant to, int limit, boolean dryRun, boolean force) {}

  /**
   * What a backfill found.
   *
   * @param occurrences that run, or would
   * @param workIds of their work, in the same order; empty for a dry run
   * @param goesOnAt where to begin the next backfill; null when the stretch was looked at whole
   */
  public record Backfilled(
      List<Instant> occurrences, List<UUID> workIds, @Nullable Instant goesOnAt) {}

  /** Makes up for past occurrences that did not fire, at the lowest priority. */
  public Backfilled backfill(UUID id, Backfill wanted) {
    Backfilled done = db.transaction(tx -> backfill(tx, locked(tx, id), wanted));
    if (!done.workIds().isEmpty()) {
      nudges.send(NudgeStream.SCHEDULE);
    }
    return done;
  }

  private static Backfilled backfill(Statements tx, Task task, Backfill wanted) {
    if (task.status().isFinal()) {
      throw new Problem(409, "The task is " + task.status().stored() + " and can't be run.");
    }
    ScheduleKind kind = task.spec().scheduleKind();
    if (kind == ScheduleKind.EVENT || kind == ScheduleKind.CONDITION) {
      throw new Problem(
          409, "The task waits for " + kind.stored() + "s: it has no past occurrences to run.");
    }
    Instant now = TaskTable.clock(tx);
    if (wanted.to().isAfter(now)) {
      throw new InvalidInputException("to", "must not lie in the future.");
    }
    Set<Instant> fired = wanted.force() ? Set.of() : fired(tx, task, wanted);
    Backfilled found = missing(task, wanted, fired);
    if (wanted.dryRun() || found.occurrences().isEmpty()) {
      return found;
    }
    List<UUID> ids = found.occurrences().stream().map(at -> Ids.next()).toList();
    TimeTable.backfill(tx, task.id(), task.createdBy(), ids, found.occurrences());
    return new Backfilled(found.occurrences(), ids, found.goesOnAt());
  }

  /** What of the wanted stretch has fired; refused when that is not known. */
  private static Set<Instant> fired(Statements tx, Task task, Backfill wanted) {
    List<Instant> fired = TimeTable.fired(tx, task.id(), wanted.from(), wanted.to());
    // Read after them: before anything is removed it is noted here that it is not known any more.
    TimeTable.keptFrom(tx)
        .filter(kept -> reachesBack(task, wanted, kept))
        .ifPresent(
            kept -> {
              throw new InvalidInputException(
                  "from",
                  ("must be at or after %s: what fired before that is not known any more. With"
                          + " \"force\": true all of it runs, whether it has fired or not.")
                      .formatted(kept));
            });
    return new HashSet<>(fired);
  }

  /** Whether any of a stretch lies before the given time, and after the task was made. */
  private static boolean reachesBack(Task task, Backfill wanted, Instant kept) {
    return wanted.from().isBefore(kept)
        && task.createdAt().isBefore(kept)
        && !wanted.to().isBefore(task.createdAt());
  }

  private static Backfilled missing(Task task, Backfill wanted, Set<Instant> fired) {
    Schedule schedule = TaskDraft.schedule(task.spec(), task.scheduleAnchor());
    List<Instant> found = new ArrayList<>();
    Instant to = decidedUntil(task, wanted.to());
    Instant at = schedule.next(wanted.from().minusNanos(1)).orElse(null);
    for (int i = 0; at != null && !at.isAfter(to); i++) {
      if (found.size() == wanted.limit() || i == MOST_LOOKED_AT) {
        return new Backfilled(found, List.of(), at);
      }
      if (!fired.contains(at)) {
        found.add(at);
      }
      at = schedule.next(at).orElse(null);
    }
    return new Backfilled(found, List.of(), null);
  }

  /** What the cursor still owes will fire by itself; in a pause, a recurring task owes nothing. */
  private static Instant decidedUntil(Task task, Instant to) {
    Instant cursor = task.nextRun();
    boolean owes =
        cursor != null
            && !cursor.equals(task.lastEmitted())
            && (task.status() == TaskStatus.ACTIVE
                || task.spec().scheduleKind() == ScheduleKind.ONCE);
    return owes && cursor != null && !cursor.isAfter(to) ? cursor.minusNanos(1) : to;
  }

  private static Task locked(Statements tx, UUID id) {
    return TaskTable.lock(tx, id).orElseThrow(() -> Problem.notFound("task"));
  }
}

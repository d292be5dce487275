package io.ordinaut.api.task;

import com.fasterxml.jackson.databind.JsonNode;
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
import io.ordinaut.task.TaskSpec;
import io.ordinaut.task.TaskStatus;
import io.ordinaut.work.Ids;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What users do to tasks that exist. Each command is one transaction under the lock of the task's
 * row, with the withdrawal of the work that it makes untrue.
 */
@ApplicationScoped
public class TaskCommands {
  private static final List<String> RULE =
      List.of("schedule_kind", "schedule_expr", "timezone", "dst_gap", "dst_overlap");

  private static final List<String> BOUNDS = List.of("starts_at", "ends_at", "max_runs");

  private final Db db;
  private final NudgeStream nudges;

  /** On the given database and nudges. */
  @Inject
  public TaskCommands(Db db, NudgeStream nudges) {
    this.db = db;
    this.nudges = nudges;
  }

  /** Edits a task by a JSON merge patch (RFC 7396); what is not yet leased follows the edit. */
  public Task edit(UUID id, JsonNode patch, @Nullable String ifMatch) {
    Counted owed = touchesWhen(patch) ? countOwed(id) : null;
    return command(
        id,
        (tx, task) -> {
          refuseFinal(task, "edited");
          if (ifMatch != null && !ifMatch.equals("*") && !ifMatch.equals(TaskJson.etag(task))) {
            throw new Problem(
                412, "The task has changed; its ETag is " + TaskJson.etag(task) + ".");
          }
          ObjectNode document = Json.object();
          TaskDraft.write(task.spec(), document);
          JsonNode merged = merged(document, patch);
          if (scheduleOf(merged).equals(scheduleOf(document))) {
            keepSchedule(tx, task, merged);
          } else {
            replaceSchedule(tx, task, document, merged, owed);
          }
        });
  }

  /** Without its key, a limit that the patch does not speak of goes too. */
  private static JsonNode merged(ObjectNode document, JsonNode patch) {
    JsonNode merged = MergePatch.apply(document, patch);
    if (merged instanceof ObjectNode fields
        && !fields.hasNonNull("concurrency_key")
        && !patch.has("concurrency_limit")) {
      fields.remove("concurrency_limit");
    }
    return merged;
  }

  /**
   * What a task's cursor owed, counted before its lock is taken: a task of seconds may have been
   * paused for months.
   */
  private record Counted(Task before, Gap gap) {
    Gap until(Task task, Instant now) {
      return Gap.holds(before, task) ? gap.goingOn(task, now) : Gap.until(task, now);
    }
  }

  private Counted countOwed(UUID id) {
    Task before =
        db.transaction(tx -> TaskTable.lock(tx, id)).orElseThrow(() -> Problem.notFound("task"));
    boolean owes = recurs(before) && !before.status().isFinal();
    return new Counted(before, owes ? Gap.until(before, TaskTable.clock(db)) : Gap.NONE);
  }

  /** What decides when a task fires. */
  private static JsonNode scheduleOf(JsonNode document) {
    ObjectNode when = ruleOf(document);
    for (String field : BOUNDS) {
      when.set(field, document.get(field));
    }
    return when;
  }

  private static boolean touchesWhen(JsonNode patch) {
    return patch.has("payload")
        || RULE.stream().anyMatch(patch::has)
        || BOUNDS.stream().anyMatch(patch::has);
  }

  /** What decides from where a schedule counts: an edit of it begins to count anew. */
  private static ObjectNode ruleOf(JsonNode document) {
    ObjectNode rule = Json.object();
    for (String field : RULE) {
      rule.set(field, document.get(field));
    }
    rule.set("every", document.path("payload").path("condition").get("every"));
    return rule;
  }

  private static void keepSchedule(Statements tx, Task task, JsonNode merged) {
    Instant now = TaskTable.clock(tx);
    TaskSpec spec = TaskDraft.parseSpec(merged);
    if (!spec.firing().jitter().equals(task.spec().firing().jitter())) {
      TaskDraft.parse(merged, now, task.scheduleAnchor());
    }
    TaskTable.edit(tx, task.id(), spec, task.scheduleAnchor(), false);
    withdraw(tx, task, now, false);
    replaceDue(tx, task, spec, now);
  }

  private static void replaceSchedule(
      Statements tx, Task task, JsonNode document, JsonNode merged, @Nullable Counted owed) {
    Instant now = TaskTable.clock(tx);
    boolean sameRule = ruleOf(merged).equals(ruleOf(document));
    TaskDraft draft =
        sameRule
            ? TaskDraft.parse(merged, now, task.scheduleAnchor())
            : TaskDraft.parse(merged, now);
    TaskTable.edit(tx, task.id(), draft.spec(), draft.anchor(), true);
    if (!sameRule) {
      TaskTable.forgetCondition(tx, task.id());
    }
    List<Instant> withdrawn = WithdrawalTable.withdrawFuture(tx, task.id(), now, true);
    refuseSpentRuns(draft.spec(), task.runsStarted() - withdrawn.size());
    replaceDue(tx, task, draft.spec(), now);
    if (recurs(task)) {
      // What the old schedule still owed will not fire any more.
      String reason = task.status() == TaskStatus.PAUSED ? "paused" : "misfire_skipped";
      record(tx, task, owed == null ? Gap.until(task, now) : owed.until(task, now), reason);
    }
    Instant first = draft.firstRun();
    Instant cursor = Unfired.first(tx, task, draft, withdrawn);
    if (first != null && cursor == null) {
      refuseFiringAgain(task, first, withdrawn);
      return;
    }
    WithdrawalTable.noneIsLast(tx, task.id());
    TaskTable.moveCursor(tx, task.id(), cursor, counted(task, withdrawn));
  }

  private static void replaceDue(Statements tx, Task task, TaskSpec spec, Instant now) {
    WithdrawalTable.replaceDue(tx, task.id(), now);
    if (!spec.limits().equals(task.spec().limits())
        || spec.firing().overlap() != task.spec().firing().overlap()) {
      WithdrawalTable.replaceLimits(tx, task.id());
    }
  }

  /** All that the new schedule has is what goes on already, or the edit can't be done. */
  private static void refuseFiringAgain(Task task, Instant fired, List<Instant> withdrawn) {
    boolean goesOn =
        withdrawn.isEmpty() && (task.nextRun() == null || fired.equals(task.nextRun()));
    if (!goesOn) {
      throw new Problem(
          409,
          "The task has fired for "
              + fired
              + " already and no time fires twice: choose another one, or use run_now.");
    }
  }

  private static void refuseSpentRuns(TaskSpec spec, long started) {
    Long most = spec.firing().maxRuns();
    if (most != null && started >= most) {
      throw new InvalidInputException(
          "max_runs", "must be more than the " + started + " runs that have started.");
    }
  }

  /**
   * Takes back what was emitted ahead of its time; the cursor goes back to the earliest of it, and
   * never on: it may have been set back before, and behind it lie occurrences that are owed.
   */
  private static void withdraw(Statements tx, Task task, Instant now, boolean snoozedToo) {
    List<Instant> future = WithdrawalTable.withdrawFuture(tx, task.id(), now, snoozedToo);
    if (future.isEmpty()) {
      return;
    }
    Instant owed = Objects.equals(task.nextRun(), task.lastEmitted()) ? null : task.nextRun();
    earliest(Stream.concat(future.stream(), Stream.ofNullable(owed)).toList())
        .ifPresent(cursor -> TaskTable.moveCursor(tx, task.id(), cursor, counted(task, future)));
  }

  /** How many of them were counted as started when they were emitted: of probes, none. */
  private static int counted(Task task, List<Instant> withdrawn) {
    return task.spec().scheduleKind() == ScheduleKind.CONDITION ? 0 : withdrawn.size();
  }

  private static Optional<Instant> earliest(List<Instant> instants) {
    return instants.stream().min(Comparator.naturalOrder());
  }

  /** Pauses a task: started runs go on, nothing new starts. */
  public Task pause(UUID id) {
    return command(
        id,
        (tx, task) -> {
          refuseFinal(task, "paused");
          if (task.status() == TaskStatus.PAUSED) {
            return;
          }
          Instant now = TaskTable.clock(tx);
          withdraw(tx, task, now, true);
          List<Instant> due = WithdrawalTable.withdrawDue(tx, id, now);
          if (isOneTime(task)) {
            earliest(due).ifPresent(at -> TaskTable.moveCursor(tx, id, at, due.size()));
          } else {
            due.forEach(at -> TaskTable.recordSpan(tx, id, Gap.of(at), "paused"));
            TaskTable.unstart(tx, id, counted(task, due));
            due.stream().max(Comparator.naturalOrder()).ifPresent(at -> goOn(tx, task, at));
          }
          TaskTable.setStatus(tx, id, TaskStatus.PAUSED, null);
        });
  }

  /** A task whose last allowed run was taken back has a next one again. */
  private static void goOn(Statements tx, Task task, Instant withdrawn) {
    boolean ranOut = TaskTable.lock(tx, task.id()).orElseThrow().nextRun() == null;
    if (ranOut && task.spec().firing().maxRuns() != null) {
      Schedule schedule = TaskDraft.schedule(task.spec(), task.scheduleAnchor());
      TaskTable.unrecordMaxRuns(tx, task.id(), withdrawn);
      Instant decided = TaskTable.lastRecorded(tx, task.id()).orElse(withdrawn);
      schedule
          .next(decided.isAfter(withdrawn) ? decided : withdrawn)
          .ifPresent(next -> TaskTable.moveCursor(tx, task.id(), next, 0));
    }
  }

  /**
   * Resumes a task at its next occurrence; those that fell into the pause are one span. They are
   * counted before the lock is taken, since a task of seconds may have been paused for months.
   */
  public Task resume(UUID id) {
    Counted owed = countOwed(id);
    return command(
        id,
        (tx, task) -> {
          refuseFinal(task, "resumed");
          if (task.status() == TaskStatus.PAUSED) {
            TaskTable.setStatus(tx, id, TaskStatus.ACTIVE, null);
            if (recurs(task)) {
              skipPause(tx, task, owed.until(task, TaskTable.clock(tx)));
            }
          }
        });
  }

  private static void skipPause(Statements tx, Task task, Gap gap) {
    record(tx, task, gap, "paused");
    Instant next = task.nextRun();
    if (gap.count() > 0) {
      Schedule schedule = TaskDraft.schedule(task.spec(), task.scheduleAnchor());
      next = Unfired.first(tx, task, schedule, gap.next());
      TaskTable.moveCursor(tx, task.id(), next, 0);
    }
    // Where the last one did not fire, no run that goes on knows that it is the last.
    if (next == null && !TaskTable.hasLastWork(tx, task.id())) {
      complete(tx, task);
    }
  }

  private static void record(Statements tx, Task task, Gap gap, String reason) {
    for (Gap part : Unfired.parts(tx, task, gap)) {
      TaskTable.recordSpan(tx, task.id(), part, reason);
    }
  }

  /** Nothing follows and no run will settle the task. */
  private static void complete(Statements tx, Task task) {
    TaskTable.setStatus(
        tx, task.id(), TaskStatus.COMPLETED, "Its last occurrence fell into a pause.");
  }

  /** Cancels a task for good: what waits is canceled, what runs is asked to stop. */
  public Task cancel(UUID id) {
    return command(
        id,
        (tx, task) -> {
          if (task.status() == TaskStatus.CANCELED) {
            return;
          }
          refuseFinal(task, "canceled");
          WithdrawalTable.cancelAll(tx, id, TaskTable.clock(tx));
          TaskTable.setStatus(tx, id, TaskStatus.CANCELED, null);
        });
  }

  /**
   * Cancels a task unless it is over, and removes it with all its history. If the removal fails,
   * such as of a history that is too long for one transaction, the task stays canceled.
   */
  public void purge(UUID id) {
    db.transaction(
        tx -> {
          if (!locked(tx, id).status().isFinal()) {
            WithdrawalTable.cancelAll(tx, id, TaskTable.clock(tx));
            TaskTable.setStatus(tx, id, TaskStatus.CANCELED, null);
          }
          return id;
        });
    db.transaction(
        tx -> {
          locked(tx, id);
          WithdrawalTable.cancelAll(tx, id, TaskTable.clock(tx));
          WithdrawalTable.forget(tx, id);
          TaskTable.purge(tx, id);
          return id;
        });
  }

  /** Runs a task now, beside its schedule; the identifier of the work and of its run. */
  public UUID runNow(UUID id, @Nullable JsonNode params) {
    UUID workId = Ids.next();
    db.transaction(
        tx -> {
          Task task = locked(tx, id);
          refuseFinal(task, "run");
          TaskTable.signal(
              tx, workId, id, task.createdBy(), params == null ? null : Json.write(params));
          return id;
        });
    nudges.send(NudgeStream.SCHEDULE);
    return workId;
  }

  private Task command(UUID id, BiConsumer<Statements, Task> body) {
    Task changed =
        db.transaction(
            tx -> {
              body.accept(tx, locked(tx, id));
              return locked(tx, id);
            });
    nudges.send(NudgeStream.SCHEDULE);
    return changed;
  }

  private static Task locked(Statements tx, UUID id) {
    return TaskTable.lock(tx, id).orElseThrow(() -> Problem.notFound("task"));
  }

  /** Whether it is over when nothing follows: a task that listens for events never is. */
  private static boolean recurs(Task task) {
    return task.spec().scheduleKind().recurs();
  }

  private static boolean isOneTime(Task task) {
    return task.spec().scheduleKind() == ScheduleKind.ONCE;
  }

  private static void refuseFinal(Task task, String what) {
    if (task.status().isFinal()) {
      throw new Problem(
          409, "The task is " + task.status().stored() + " and can't be " + what + " any more.");
    }
  }
}

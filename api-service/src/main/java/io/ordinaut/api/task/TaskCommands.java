package io.ordinaut.api.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.api.http.Problem;
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
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What users do to tasks that exist. Each command is one transaction under the lock of the task's
 * row, with the withdrawal of the work that it makes untrue.
 */
@ApplicationScoped
public class TaskCommands {
  private final Db db;
  private final NudgeStream nudges;
  private final InstantSource clock = InstantSource.system();

  /** On the given database and nudges. */
  @Inject
  public TaskCommands(Db db, NudgeStream nudges) {
    this.db = db;
    this.nudges = nudges;
  }

  /** Edits a task by a JSON merge patch (RFC 7396); what is not yet leased follows the edit. */
  public Task edit(UUID id, JsonNode patch, @Nullable String ifMatch) {
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
          JsonNode merged = MergePatch.apply(document, patch);
          if (scheduleOf(merged).equals(scheduleOf(document))) {
            keepSchedule(tx, task, TaskDraft.parseSpec(merged));
          } else {
            replaceSchedule(tx, task, TaskDraft.parse(merged, clock.instant()));
          }
        });
  }

  /** The fields that decide when a task fires. */
  private static JsonNode scheduleOf(JsonNode document) {
    ObjectNode when = Json.object();
    for (String field :
        List.of("schedule_kind", "schedule_expr", "timezone", "dst_gap", "dst_overlap")) {
      when.set(field, document.get(field));
    }
    return when;
  }

  private static void keepSchedule(Statements tx, Task task, TaskSpec spec) {
    TaskTable.edit(tx, task.id(), spec, task.scheduleAnchor());
    withdraw(tx, task);
    WithdrawalTable.replaceDue(tx, task.id());
  }

  private static void replaceSchedule(Statements tx, Task task, TaskDraft draft) {
    TaskTable.edit(tx, task.id(), draft.spec(), draft.anchor());
    List<Instant> withdrawn = WithdrawalTable.withdrawFuture(tx, task.id());
    WithdrawalTable.replaceDue(tx, task.id());
    TaskTable.moveCursor(tx, task.id(), draft.firstRun(), withdrawn.size());
  }

  /** Takes back what was emitted ahead of its time; the cursor goes back to the earliest of it. */
  private static void withdraw(Statements tx, Task task) {
    List<Instant> future = WithdrawalTable.withdrawFuture(tx, task.id());
    earliest(future)
        .ifPresent(cursor -> TaskTable.moveCursor(tx, task.id(), cursor, future.size()));
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
          withdraw(tx, task);
          List<Instant> due = WithdrawalTable.withdrawDue(tx, id);
          if (isOneTime(task)) {
            earliest(due).ifPresent(at -> TaskTable.moveCursor(tx, id, at, due.size()));
          } else {
            due.forEach(at -> TaskTable.recordPaused(tx, id, at, at, 1));
            TaskTable.unstart(tx, id, due.size());
          }
          TaskTable.setStatus(tx, id, TaskStatus.PAUSED, null);
        });
  }

  /** Resumes a task at its next occurrence; those that fell into the pause are one span. */
  public Task resume(UUID id) {
    return command(
        id,
        (tx, task) -> {
          refuseFinal(task, "resumed");
          if (task.status() == TaskStatus.PAUSED) {
            TaskTable.setStatus(tx, id, TaskStatus.ACTIVE, null);
            skipPause(tx, task);
          }
        });
  }

  private void skipPause(Statements tx, Task task) {
    Instant first = task.nextRun();
    Instant now = clock.instant();
    if (first == null && !isOneTime(task) && !TaskTable.hasScheduledWork(tx, task.id())) {
      complete(tx, task);
    }
    if (first == null || isOneTime(task) || first.isAfter(now)) {
      return;
    }
    Schedule schedule = TaskDraft.schedule(task.spec(), task.scheduleAnchor());
    Instant last = first;
    long count = 1;
    Optional<Instant> next = schedule.next(first);
    while (next.isPresent() && !next.get().isAfter(now)) {
      last = next.get();
      count++;
      next = schedule.next(last);
    }
    TaskTable.recordPaused(tx, task.id(), first, last, count);
    TaskTable.moveCursor(tx, task.id(), next.orElse(null), 0);
    if (next.isEmpty()) {
      complete(tx, task);
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
          WithdrawalTable.cancelAll(tx, id);
          TaskTable.setStatus(tx, id, TaskStatus.CANCELED, null);
        });
  }

  /** Cancels a task unless it is over, and removes it with all its history. */
  public void purge(UUID id) {
    db.transaction(
        tx -> {
          locked(tx, id);
          WithdrawalTable.cancelAll(tx, id);
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

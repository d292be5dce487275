package io.ordinaut.scheduler.check;

import io.ordinaut.schedule.ScheduleKind;
import io.ordinaut.scheduler.check.InvariantTable.Invariant;
import io.ordinaut.scheduler.check.InvariantTable.Planned;
import io.ordinaut.store.Db;
import io.ordinaut.store.Statements;
import io.ordinaut.task.Task;
import io.ordinaut.task.TaskDraft;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Checks a database, on one snapshot of it, while services may be running. */
public final class Invariants {
  /** What became of an occurrence is stored at its time or later, if the clocks agree. */
  private static final Duration SLACK = Duration.ofHours(1);

  /** Whole tables are read; the server gives a statement as long. */
  private static final Duration DEADLINE = Duration.ofMinutes(5);

  private final Db db;

  /** Of the given database. */
  public Invariants(Db db) {
    this.db = db.within(DEADLINE);
  }

  /** What is wrong; empty when all promises are kept. */
  public List<Finding> check() {
    return db.snapshot(
        tx -> {
          InvariantTable.allowScans(tx);
          List<Finding> findings = new ArrayList<>();
          for (Invariant invariant : Invariant.values()) {
            findings.addAll(InvariantTable.broken(tx, invariant));
          }
          Kept kept =
              new Kept(
                  InvariantTable.clock(tx),
                  InvariantTable.keptFrom(tx, "task_run", "skipped_firing").plus(SLACK),
                  InvariantTable.keptFrom(tx, "task_run", "skipped_firing", "due_work_done")
                      .plus(SLACK));
          UUID after = null;
          List<Planned> some = InvariantTable.tasks(tx, after);
          while (!some.isEmpty()) {
            some.forEach(task -> findings.addAll(ledger(tx, task, kept)));
            after = some.get(some.size() - 1).task().id();
            some = InvariantTable.tasks(tx, after);
          }
          return findings;
        });
  }

  /** The present, and from when on it is known what fired and what conditions were looked at. */
  private record Kept(Instant now, Instant runs, Instant probes) {}

  private static List<Finding> ledger(Statements tx, Planned planned, Kept history) {
    Task task = planned.task();
    Instant until = until(task, history.now());
    if (until == null) {
      return List.of();
    }
    boolean probes = task.spec().scheduleKind() == ScheduleKind.CONDITION;
    Instant kept = probes ? history.probes() : history.runs();
    // The occurrence of the very second in which it was planned may lie before or after that.
    Instant planFrom = planned.plannedFrom().plusSeconds(1);
    Instant from = planFrom.isAfter(kept) ? planFrom : kept;
    try {
      return new Ledger(
              planned,
              new HashSet<>(InvariantTable.fired(tx, task.id(), from, probes)),
              InvariantTable.spans(tx, task.id(), from))
          .compare(TaskDraft.schedule(task.spec(), task.scheduleAnchor()), from, until);
    } catch (RuntimeException e) {
      return List.of(
          new Finding("every plan can be read", task.id(), Objects.toString(e.getMessage())));
    }
  }

  /** To where everything has been decided: the cursor, or the end of a task that is over. */
  private static @Nullable Instant until(Task task, Instant now) {
    if (task.nextRun() != null) {
      return task.nextRun();
    }
    Instant last = task.lastRun();
    boolean ranOut = task.status().isFinal() || task.spec().firing().maxRuns() != null;
    return ranOut ? last : now;
  }
}

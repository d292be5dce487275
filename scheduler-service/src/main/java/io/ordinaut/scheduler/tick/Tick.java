package io.ordinaut.scheduler.tick;

import io.ordinaut.scheduler.observe.FiringObserver;
import io.ordinaut.scheduler.plan.DueTask;
import io.ordinaut.scheduler.plan.Emission;
import io.ordinaut.scheduler.plan.Plan;
import io.ordinaut.scheduler.plan.Planner;
import io.ordinaut.scheduler.plan.Skip;
import io.ordinaut.store.Db;
import io.ordinaut.store.DbException;
import io.ordinaut.store.Statements;
import io.ordinaut.stream.NudgeStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jboss.logging.Logger;

/**
 * Turns due tasks and signals into work. Any number of schedulers may tick at once: the claim locks
 * each task's row, and work and cursor change in one transaction.
 */
public final class Tick {
  private static final Logger LOG = Logger.getLogger(Tick.class);
  private static final Duration FAR = Duration.ofDays(1);

  private final Db db;
  private final NudgeStream nudges;
  private final Duration lookAhead;
  private final int batchSize;
  private final FiringObserver observer;
  private final Schedules schedules = new Schedules();

  /**
   * @param db the database
   * @param nudges wake the workers
   * @param lookAhead how long before its time work is put in place
   * @param batchSize the most tasks, and the most signals, of one turn
   * @param observer counts what becomes of occurrences
   */
  public Tick(
      Db db, NudgeStream nudges, Duration lookAhead, int batchSize, FiringObserver observer) {
    this.db = db;
    this.nudges = nudges;
    this.lookAhead = lookAhead;
    this.batchSize = batchSize;
    this.observer = observer;
  }

  /** How long until there is something to do; zero when there is now. */
  public Duration untilDue() {
    return EmissionTable.secondsUntilDue(db, lookAhead)
        .map(seconds -> Duration.ofNanos((long) (seconds * 1e9)))
        .map(wait -> wait.isNegative() ? Duration.ZERO : wait)
        .orElse(FAR);
  }

  /**
   * One turn.
   *
   * @return how many pieces of work were put in place
   */
  public int once() {
    int emitted = emitDue(batchSize);
    List<String> causes = EmissionTable.takeSignals(db, batchSize);
    causes.forEach(observer::fired);
    int made = emitted + causes.size();
    if (made > 0) {
      nudges.send(NudgeStream.WORK);
    }
    return made;
  }

  /** Emits what is due; a batch that the database refuses is halved until the culprit is alone. */
  private int emitDue(int limit) {
    List<DueTask> claimed = new ArrayList<>();
    List<Plan> plans = new ArrayList<>();
    try {
      int emitted = db.transaction(tx -> emitDue(tx, limit, claimed, plans));
      observer.decided(claimed, plans);
      return emitted;
    } catch (DbException e) {
      if (e.isUnavailable()) {
        throw e;
      }
      if (limit > 1) {
        return emitDue(limit / 2);
      }
      if (claimed.isEmpty()) {
        throw e;
      }
      claimed.forEach(task -> fail(task, String.valueOf(e.getMessage())));
      return 0;
    }
  }

  /** By its id: what is due first may by now be another's claim. */
  private void fail(DueTask task, String reason) {
    LOG.warnf("Task %s fails: its work can't be stored: %s", task.id(), reason);
    EmissionTable.fail(db, task, "Its work could not be stored: " + reason);
  }

  private int emitDue(Statements tx, int limit, List<DueTask> claimed, List<Plan> plans) {
    claimed.clear();
    plans.clear();
    claimed.addAll(EmissionTable.claim(tx, schedules, lookAhead, limit));
    if (claimed.isEmpty()) {
      return 0;
    }
    for (DueTask task : claimed) {
      try {
        plans.add(Planner.plan(task, lookAhead));
      } catch (RuntimeException e) {
        LOG.warnf("Task %s fails, it can't be planned: %s", task.id(), e.getMessage());
        EmissionTable.fail(tx, task, "It could not be planned: " + e.getMessage());
      }
    }
    return write(tx, plans);
  }

  private static int write(Statements tx, List<Plan> plans) {
    List<Emission> emissions = plans.stream().flatMap(p -> p.emissions().stream()).toList();
    List<Skip> skips = plans.stream().flatMap(p -> p.skips().stream()).toList();
    List<UUID> stopped =
        plans.stream().filter(Plan::stopsGoing).map(p -> p.advance().taskId()).toList();
    if (!stopped.isEmpty()) {
      EmissionTable.stopGoing(tx, stopped);
    }
    int emitted = EmissionTable.emit(tx, emissions);
    if (!skips.isEmpty()) {
      EmissionTable.skip(tx, skips);
    }
    EmissionTable.advance(tx, plans.stream().map(Plan::advance).toList());
    if (emitted < emissions.size()) {
      LOG.warnf("%s occurrences had been emitted before.", emissions.size() - emitted);
    }
    return emitted;
  }
}

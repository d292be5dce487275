package io.ordinaut.scheduler.zone;

import io.ordinaut.scheduler.zone.ZoneTable.Move;
import io.ordinaut.scheduler.zone.ZoneTable.Planned;
import io.ordinaut.store.Db;
import io.ordinaut.store.Statements;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.jboss.logging.Logger;

/**
 * Moves cursors to where the zones' rules of today put them. Interrupted, it begins again: a cursor
 * that is right already stays.
 */
public final class ZoneReplan {
  private static final Logger LOG = Logger.getLogger(ZoneReplan.class);
  private static final UUID LOWEST = new UUID(0, 0);
  private static final int BATCH = 500;

  /** Well below the time after which the database ends an idle transaction. */
  private static final Duration LONGEST_BATCH = Duration.ofSeconds(2);

  private final Db db;
  private final String version;

  /**
   * @param db the database
   * @param version of the rules by which this process plans, such as 2025b
   */
  public ZoneReplan(Db db, String version) {
    this.db = db;
    this.version = version;
  }

  /**
   * Plans anew if the rules are others than those that the cursors were planned by.
   *
   * @return how many tasks moved; empty while another scheduler is at it
   */
  public OptionalInt once() {
    if (ZoneTable.version(db).filter(version::equals).isPresent()) {
      return OptionalInt.of(0);
    }
    return db.transaction(this::underLock);
  }

  /** The lock's transaction stays open around those of the batches, and stores the version last. */
  private OptionalInt underLock(Statements lock) {
    if (!ZoneTable.lock(lock)) {
      return OptionalInt.empty();
    }
    Optional<String> before = ZoneTable.version(lock);
    if (before.filter(version::equals).isPresent()) {
      return OptionalInt.of(0);
    }
    int moved = before.isPresent() ? all(lock) : 0;
    ZoneTable.store(lock, version);
    before.ifPresent(
        old ->
            LOG.infof("Time zone data went from %s to %s: %s tasks moved.", old, version, moved));
    return OptionalInt.of(moved);
  }

  private int all(Statements lock) {
    int moved = 0;
    UUID after = LOWEST;
    Batch batch;
    do {
      UUID from = after;
      batch = db.transaction(tx -> batch(tx, from));
      moved += batch.moved();
      after = batch.last();
      // Idle for too long, the lock's connection would be cut off; lost, it ends this here.
      ZoneTable.version(lock);
    } while (!batch.isLast());
    return moved;
  }

  private record Batch(int moved, UUID last, boolean isLast) {}

  private static Batch batch(Statements tx, UUID after) {
    long began = System.nanoTime();
    List<Planned> planned = ZoneTable.planned(tx, after, BATCH);
    List<Move> moves = new ArrayList<>();
    UUID last = after;
    boolean whole = true;
    for (Planned task : planned) {
      if (System.nanoTime() - began > LONGEST_BATCH.toNanos() && !last.equals(after)) {
        whole = false;
        break;
      }
      move(task).ifPresent(moves::add);
      last = task.id();
    }
    if (!moves.isEmpty()) {
      ZoneTable.move(tx, moves);
    }
    return new Batch(moves.size(), last, whole && planned.size() < BATCH);
  }

  private static Optional<Move> move(Planned task) {
    try {
      return task.reading()
          .get()
          .next(task.after())
          .filter(at -> !at.equals(task.cursor()))
          .map(at -> new Move(task.id(), at));
    } catch (RuntimeException e) {
      LOG.warnf("Task %s keeps its time, it can't be planned: %s", task.id(), e.getMessage());
      return Optional.empty();
    }
  }
}

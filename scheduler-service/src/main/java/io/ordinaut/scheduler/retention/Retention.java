package io.ordinaut.scheduler.retention;

import io.ordinaut.scheduler.loop.RetentionConfig;
import io.ordinaut.scheduler.retention.RetentionTable.Expired;
import io.ordinaut.store.Db;
import io.ordinaut.store.DbException;
import io.ordinaut.store.Partitions;
import io.ordinaut.store.Statements;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * Makes partitions ahead and removes what is too old. One scheduler at a time does so. Partitions
 * are detached concurrently and dropped when nobody can see them any more: what works on their
 * parent waits for neither.
 */
public final class Retention {
  private static final Logger LOG = Logger.getLogger(Retention.class);
  private static final Duration LEAST = Duration.ofHours(1);
  private static final int ROWS_AT_ONCE = 1_000;

  private final Db db;
  private final RetentionConfig config;

  /**
   * @param db the database
   * @param config how long what is kept
   * @throws IllegalArgumentException when anything would be removed within an hour
   */
  public Retention(Db db, RetentionConfig config) {
    this.db = db;
    this.config = config;
    for (History history : History.values()) {
      if (history.kept(config).compareTo(LEAST) < 0) {
        throw new IllegalArgumentException(
            "ordinaut.scheduler.retention: %s must be kept for an hour or longer, not for %s."
                .formatted(history.table(), history.kept(config)));
      }
    }
  }

  /**
   * One turn.
   *
   * @return whether all is done, or another scheduler is at it; false when something has to be
   *     tried again
   */
  public boolean once() {
    Partitions.ensure(db);
    return db.transaction(
        lock -> {
          if (!RetentionTable.lock(lock)) {
            return true;
          }
          boolean all = true;
          for (History history : History.values()) {
            all &= tidy(lock, history);
          }
          return all;
        });
  }

  private boolean tidy(Statements lock, History history) {
    RetentionTable.confirm(lock);
    try {
      Instant keptFrom = RetentionTable.mark(db, history, history.kept(config));
      if (history.isPartitioned()) {
        removePartitions(lock, history, keptFrom);
      } else {
        removeRows(lock, history, keptFrom);
      }
      return true;
    } catch (DbException e) {
      LOG.infof("What is too old in %s goes later: %s", history.table(), e.getMessage());
      return false;
    }
  }

  private void removePartitions(Statements lock, History history, Instant keptFrom) {
    Instant until =
        history == History.EVENTS ? RetentionTable.settledUntil(db, keptFrom) : keptFrom;
    List<Expired> expired = RetentionTable.expired(db, history, until);
    // Also before rows of runs go, by which those are found that went on with each other.
    if ((history == History.RUNS || history == History.LOGS) && !expired.isEmpty()) {
      RetentionTable.keepCheckpoints(db, until);
    }
    if (history == History.RUNS && !expired.isEmpty()) {
      RetentionTable.keepCanceled(db, until);
    }
    for (Expired table : expired) {
      RetentionTable.confirm(lock);
      String detach = table.detach();
      if (detach != null) {
        RetentionTable.detach(db, detach);
      }
      db.transaction(
          tx -> {
            RetentionTable.remove(tx, table);
            return table;
          });
      LOG.debugf("%s is gone: all in it was too old.", table.name());
    }
  }

  private void removeRows(Statements lock, History history, Instant keptFrom) {
    while (RetentionTable.delete(db, history, keptFrom, ROWS_AT_ONCE) == ROWS_AT_ONCE) {
      RetentionTable.confirm(lock);
    }
  }
}

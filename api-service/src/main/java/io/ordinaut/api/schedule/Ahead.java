package io.ordinaut.api.schedule;

import io.ordinaut.store.Statements;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The occurrences of all active tasks, one after another in order of time. Tasks are read in the
 * order of their cursors and no further than asked for: one that is not read yet has nothing before
 * its cursor.
 */
final class Ahead {
  /** The most tasks that one list is made of. */
  static final int MOST_TASKS = 5_000;

  private static final int AT_ONCE = 500;

  private final Statements db;
  private final Instant from;
  private final BooleanSupplier timeIsUp;
  private final PriorityQueue<Source> queue = new PriorityQueue<>(Comparator.comparing(Source::at));
  private final Set<UUID> met = new HashSet<>();

  private Instant end;
  private Instant lastCursor = Instant.parse("0001-01-01T00:00:00Z");
  private UUID lastId = new UUID(0, 0);
  private int tasks;
  private boolean allRead;

  /**
   * Of a stretch of time.
   *
   * @param from the first instant
   * @param to the end, itself outside
   * @param timeIsUp asked between two steps; true ends the list early
   */
  Ahead(Statements db, Instant from, Instant to, BooleanSupplier timeIsUp) {
    this.db = db;
    this.from = from;
    this.end = to;
    this.timeIsUp = timeIsUp;
  }

  /** Adds something, to be met at its occurrence. */
  void add(Source source) {
    queue.add(source);
  }

  /** Takes the next occurrence; what follows it comes only if it is added. Null at the end. */
  @Nullable Source next() {
    while (!allRead && reaches(lastCursor)) {
      if (timeIsUp.getAsBoolean() || tasks >= MOST_TASKS) {
        endAt(lastCursor);
        break;
      }
      read();
    }
    if (!queue.isEmpty() && timeIsUp.getAsBoolean()) {
      endAt(queue.element().at());
    }
    Source head = queue.peek();
    return head == null || !head.at().isBefore(end) ? null : queue.poll();
  }

  /** Before it nothing of the stretch is missing; the end of the stretch when it was not cut. */
  Instant completeUntil() {
    return end;
  }

  private boolean reaches(Instant cursor) {
    Source head = queue.peek();
    Instant next = head == null ? end : head.at();
    return cursor.isBefore(end) && !next.isBefore(cursor);
  }

  private void endAt(Instant cut) {
    Instant within = cut.isBefore(from) ? from : cut;
    end = within.isBefore(end) ? within : end;
  }

  private void read() {
    int most = Math.min(AT_ONCE, MOST_TASKS - tasks);
    List<SourceTable.Ahead> rows =
        SourceTable.ahead(db, lastCursor, lastId, end, from.minusNanos(1), most);
    for (SourceTable.Ahead row : rows) {
      // A task whose cursor moves on between two pages is met once more.
      if (met.add(row.id())) {
        row.source().ifPresent(queue::add);
      }
      lastCursor = row.nextRun();
      lastId = row.id();
    }
    tasks += rows.size();
    allRead = rows.size() < most;
  }
}

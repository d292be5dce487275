package io.ordinaut.scheduler.zone;

import io.ordinaut.schedule.Schedule;
import io.ordinaut.store.Columns;
import io.ordinaut.store.Statements;
import io.ordinaut.store.TaskRows;
import io.ordinaut.task.Task;
import io.ordinaut.task.TaskDraft;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

/** Statements on the edition of the zones' rules and on the cursors that hang on it. */
final class ZoneTable {
  private static final String LOCK =
      "SELECT pg_try_advisory_xact_lock(hashtext('ordinaut_zone_data')) AS mine";

  private static final String VERSION = "SELECT version FROM zone_data";

  private static final String STORE =
      """
      INSERT INTO zone_data (version) VALUES ($1)
      ON CONFLICT (only_row) DO UPDATE SET version = excluded.version, planned_at = now()""";

  /**
   * Cursors that stand for a time to come. What is due is owed as it stands; a cursor that does not
   * lie after the last emission was set back to an occurrence that was withdrawn.
   */
  private static final String PLANNED =
      """
      SELECT *, now() AS now FROM task_row
      WHERE id > $1 AND status IN ('active', 'paused') AND schedule_kind IN ('cron', 'rrule')
        AND next_run > now() AND last_emitted IS DISTINCT FROM next_run
        AND (last_run IS NULL OR last_run < next_run)
      ORDER BY id
      LIMIT $2
      FOR NO KEY UPDATE""";

  private static final String MOVE =
      """
      UPDATE task t SET next_run = m.next_run, planned_from = now()
      FROM unnest($1::uuid[], $2::timestamptz[]) AS m(id, next_run)
      WHERE t.id = m.id""";

  /**
   * A task with a cursor.
   *
   * @param id of the task
   * @param cursor as the rules were when it was planned
   * @param after which the next occurrence lies: now, or the last one that was emitted ahead
   * @param reading reads its schedule; throws when it can't be read
   */
  record Planned(UUID id, Instant cursor, Instant after, Supplier<Schedule> reading) {}

  /** Where a cursor goes. */
  record Move(UUID id, Instant cursor) {}

  private ZoneTable() {}

  /** Whether nobody else is at it; holds until the transaction ends. */
  static boolean lock(Statements tx) {
    return tx.first(LOCK, Tuple.tuple(), row -> row.getBoolean("mine")).orElse(false);
  }

  static Optional<String> version(Statements db) {
    return db.first(VERSION, Tuple.tuple(), row -> Columns.text(row, "version"));
  }

  static void store(Statements tx, String version) {
    tx.execute(STORE, Tuple.of(version));
  }

  static List<Planned> planned(Statements tx, UUID after, int limit) {
    return tx.query(PLANNED, Tuple.of(after, limit), ZoneTable::planned);
  }

  private static Planned planned(Row row) {
    Instant now = Columns.instant(row, "now");
    Instant lastRun = Columns.instantOrNull(row, "last_run");
    return new Planned(
        Columns.id(row, "id"),
        Columns.instant(row, "next_run"),
        lastRun != null && lastRun.isAfter(now) ? lastRun : now,
        () -> schedule(TaskRows.task(row)));
  }

  private static Schedule schedule(Task task) {
    return TaskDraft.schedule(task.spec(), task.scheduleAnchor());
  }

  static void move(Statements tx, List<Move> moves) {
    tx.execute(
        MOVE,
        Tuple.tuple()
            .addArrayOfUUID(moves.stream().map(Move::id).toArray(UUID[]::new))
            .addArrayOfOffsetDateTime(
                moves.stream()
                    .map(m -> Columns.argument(m.cursor()))
                    .toArray(OffsetDateTime[]::new)));
  }
}

package io.ordinaut.store;

import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.UUID;

/** Looks for occurrences that have, or had, work of their own. */
public final class FiredTable {
  /**
   * What became of an occurrence is stored an hour before its time at the earliest, since no
   * scheduler looks further ahead: all but the cancel of what was put off, whenever it was to run.
   */
  private static final String FIRED =
      """
      SELECT stretch.task_id, fired.run_at
      FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[])
        AS stretch(task_id, from_at, to_at)
      CROSS JOIN LATERAL (
        SELECT run_at FROM due_work_open
        WHERE task_id = stretch.task_id AND cause IN ('schedule', 'condition')
          AND run_at BETWEEN stretch.from_at AND stretch.to_at
        UNION ALL
        SELECT run_at FROM signal
        WHERE task_id = stretch.task_id AND cause IN ('schedule', 'condition')
          AND run_at BETWEEN stretch.from_at AND stretch.to_at
        UNION ALL
        SELECT run_at FROM task_run
        WHERE task_id = stretch.task_id AND cause IN ('schedule', 'condition')
          AND run_at BETWEEN stretch.from_at AND stretch.to_at
          AND created_at >= stretch.from_at - interval '1 hour'
        UNION ALL
        SELECT run_at FROM task_run
        WHERE task_id = stretch.task_id AND cause IN ('schedule', 'condition')
          AND run_at BETWEEN stretch.from_at AND stretch.to_at
          AND status = 'canceled' AND started_at IS NULL) fired""";

  private FiredTable() {}

  /**
   * A stretch of a task's time.
   *
   * @param from its first instant
   * @param to its last instant
   */
  public record Stretch(UUID taskId, Instant from, Instant to) {}

  /** The occurrences of a stretch that fired by the task's schedule. */
  public static NavigableSet<Instant> fired(Statements db, Stretch stretch) {
    return fired(db, List.of(stretch)).getOrDefault(stretch.taskId(), new TreeSet<>());
  }

  /** The same of many tasks; of those without such occurrences there is nothing. */
  public static Map<UUID, NavigableSet<Instant>> fired(
      Statements db, Collection<Stretch> stretches) {
    Map<UUID, NavigableSet<Instant>> fired = new HashMap<>();
    db.query(
        FIRED,
        Tuple.tuple()
            .addArrayOfUUID(stretches.stream().map(Stretch::taskId).toArray(UUID[]::new))
            .addArrayOfOffsetDateTime(
                stretches.stream()
                    .map(s -> Columns.argument(s.from()))
                    .toArray(OffsetDateTime[]::new))
            .addArrayOfOffsetDateTime(
                stretches.stream()
                    .map(s -> Columns.argument(s.to()))
                    .toArray(OffsetDateTime[]::new)),
        row ->
            fired
                .computeIfAbsent(Columns.id(row, "task_id"), id -> new TreeSet<>())
                .add(Columns.instant(row, "run_at")));
    return fired;
  }
}

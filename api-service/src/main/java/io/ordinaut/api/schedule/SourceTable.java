package io.ordinaut.api.schedule;

import io.ordinaut.store.Columns;
import io.ordinaut.store.Statements;
import io.ordinaut.store.TaskRows;
import io.ordinaut.task.Forecast;
import io.ordinaut.task.Task;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Statements on what is ahead of all tasks, and on what their runs take. */
final class SourceTable {
  private static final Logger LOG = Logger.getLogger(SourceTable.class);

  /** In the order of cursors; of payloads, which may be large, only what names times. */
  private static final String AHEAD =
      """
      SELECT id, created_by, title, '' AS description, schedule_kind, schedule_expr, timezone,
        schedule_anchor, dst_gap, dst_overlap, overlap, catch_up, catch_up_window_seconds,
        jitter_seconds, starts_at, ends_at, max_runs,
        CASE schedule_kind WHEN 'condition'
          THEN jsonb_build_object('condition', payload -> 'condition')::text ELSE '{}' END AS payload,
        priority, max_retries, backoff_strategy, backoff_base_seconds, backoff_max_seconds,
        '{}' AS labels, status, status_reason, next_run, last_emitted, last_run, runs_started,
        version, created_at, updated_at, concurrency_key, concurrency_limit,
        timeout_seconds
      FROM task
      WHERE status = 'active'
        AND (next_run AT TIME ZONE 'UTC', id) > ($1::timestamptz AT TIME ZONE 'UTC', $2::uuid)
        AND next_run AT TIME ZONE 'UTC' < $3::timestamptz AT TIME ZONE 'UTC'
      ORDER BY next_run AT TIME ZONE 'UTC', id
      LIMIT $4""";

  /**
   * The median of the last hundred runs of each task; a month is more than they are asked about.
   */
  private static final String TYPICAL =
      """
      SELECT wanted.id,
        percentile_cont(0.5) WITHIN GROUP (
          ORDER BY extract(epoch FROM run.finished_at - run.started_at)::float8) AS seconds
      FROM unnest($1::uuid[]) AS wanted(id)
      CROSS JOIN LATERAL (
        SELECT started_at, finished_at FROM task_run
        WHERE task_id = wanted.id AND created_at >= now() - interval '31 days'
        ORDER BY created_at DESC, id DESC
        LIMIT 100) run
      WHERE run.started_at IS NOT NULL
      GROUP BY wanted.id""";

  private static final String CAPACITY =
      """
      SELECT sum(capacity)::integer AS slots FROM worker_heartbeat
      WHERE NOT draining AND seen_at > now() - interval '1 minute'""";

  /**
   * A row of the list of what is ahead.
   *
   * @param nextRun its cursor
   * @param id of the task
   * @param source empty when nothing is ahead, or it can't be read
   */
  record Ahead(Instant nextRun, UUID id, Optional<Source> source) {}

  private SourceTable() {}

  /**
   * Active tasks whose cursor lies before an instant, in the order of cursors.
   *
   * @param nextRun the cursor after which the list goes on
   * @param id of the task after which it goes on
   * @param after occurrences lie strictly after it
   */
  static List<Ahead> ahead(
      Statements db, Instant nextRun, UUID id, Instant before, Instant after, int limit) {
    return db.query(
        AHEAD,
        Tuple.of(Columns.argument(nextRun), id, Columns.argument(before), limit),
        row ->
            new Ahead(Columns.instant(row, "next_run"), Columns.id(row, "id"), source(row, after)));
  }

  private static Optional<Source> source(Row row, Instant after) {
    try {
      Task task = TaskRows.task(row);
      Integer keyLimit = row.getInteger("concurrency_limit");
      return Forecast.first(task, after)
          .map(
              first ->
                  new Source(
                      task.id(),
                      task.spec().title(),
                      task.spec().timezone(),
                      row.getString("concurrency_key"),
                      keyLimit == null ? 1 : keyLimit,
                      task.spec().firing().jitter(),
                      first));
    } catch (RuntimeException e) {
      // The scheduler will say so of the task itself, when it is due.
      LOG.warnf("Task %s is left out of what is ahead: %s", row.getUUID("id"), e.getMessage());
      return Optional.empty();
    }
  }

  /** What a run of each task typically takes, in seconds; nothing of tasks that have not run. */
  static Map<UUID, Double> typicalSeconds(Statements db, List<UUID> taskIds) {
    Map<UUID, Double> typical = new HashMap<>();
    db.query(
            TYPICAL,
            Tuple.tuple().addArrayOfUUID(taskIds.toArray(UUID[]::new)),
            row ->
                Map.entry(Columns.id(row, "id"), Objects.requireNonNull(row.getDouble("seconds"))))
        .forEach(one -> typical.put(one.getKey(), one.getValue()));
    return typical;
  }

  /** How many runs the live workers take at once; empty when none is known. */
  static OptionalInt slots(Statements db) {
    @Nullable Integer slots =
        db.query(CAPACITY, Tuple.tuple(), row -> Optional.ofNullable(row.getInteger("slots")))
            .get(0)
            .orElse(null);
    return slots == null || slots == 0 ? OptionalInt.empty() : OptionalInt.of(slots);
  }
}

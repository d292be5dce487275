package io.ordinaut.scheduler.check;

import io.ordinaut.store.Columns;
import io.ordinaut.store.Statements;
import io.ordinaut.store.TaskRows;
import io.ordinaut.task.Task;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads what the checks need. Whole tables are read, so these statements allow it. */
final class InvariantTable {
  private static final String ALLOW_SCANS =
      """
      SELECT set_config('enable_seqscan', 'on', true), set_config('enable_bitmapscan', 'on', true),
        set_config('statement_timeout', '300000', true), set_config('work_mem', '64MB', true),
        set_config('idle_in_transaction_session_timeout', '300000', true)""";

  private static final String CLOCK = "SELECT now() AS now";

  private static final String KEPT_FROM =
      "SELECT max(kept_from) AS kept_from FROM history_horizon WHERE history = ANY ($1)";

  /** Work and its run have one id; runs are kept for longer. */
  private static final String FIRED_TWICE =
      """
      SELECT task_id,
        'its occurrence of ' || run_at || ' fired ' || count(DISTINCT id) || ' times' AS what
      FROM (
        SELECT id, task_id, run_at FROM due_work_open WHERE cause IN ('schedule', 'condition')
        UNION ALL
        SELECT id, task_id, run_at FROM due_work_done WHERE cause IN ('schedule', 'condition')
        UNION ALL
        SELECT id, task_id, run_at FROM task_run WHERE cause IN ('schedule', 'condition')
        UNION ALL
        SELECT id, task_id, run_at FROM signal WHERE cause IN ('schedule', 'condition')) fired
      WHERE task_id IS NOT NULL
      GROUP BY task_id, run_at HAVING count(DISTINCT id) > 1
      LIMIT 20""";

  private static final String ENDED_TWICE =
      """
      SELECT min(task_id::text)::uuid AS task_id, 'run ' || id || ' has ended ' || count(*) || ' times' AS what
      FROM task_run GROUP BY id HAVING count(*) > 1
      LIMIT 20""";

  private static final String OPEN_AND_ENDED =
      """
      SELECT w.task_id, 'work ' || w.id || ' is open and has ended' AS what
      FROM due_work_open w
      WHERE EXISTS (SELECT FROM task_run r WHERE r.id = w.id)
        OR EXISTS (SELECT FROM due_work_done d WHERE d.id = w.id)
      LIMIT 20""";

  private static final String DONE_WITHOUT_RUN =
      """
      SELECT d.task_id, 'work ' || d.id || ' is done and has no run' AS what
      FROM due_work_done d
      WHERE NOT (d.cause = 'condition' AND d.status = 'completed')
        AND d.finished_at >= coalesce(
          (SELECT kept_from FROM history_horizon WHERE history = 'task_run'), '-infinity')
        AND NOT EXISTS (SELECT FROM task_run r WHERE r.id = d.id)
      LIMIT 20""";

  /** In the order of time: what fires before the end of a span that has begun lies in it. */
  private static final String FIRED_AND_SKIPPED =
      """
      SELECT task_id,
        'its occurrence of ' || at || ' fired and lies in a recorded span up to ' || covered AS what
      FROM (
        SELECT task_id, at, until,
          max(until) OVER (PARTITION BY task_id ORDER BY at, until IS NULL
            ROWS UNBOUNDED PRECEDING) AS covered
        FROM (
          SELECT task_id, from_at AS at, to_at AS until FROM skipped_firing
          UNION ALL
          SELECT task_id, run_at, NULL FROM due_work_open WHERE cause IN ('schedule', 'condition')
          UNION ALL
          SELECT task_id, run_at, NULL FROM task_run WHERE cause IN ('schedule', 'condition')) marks
        ) line
      JOIN task t ON t.id = task_id AND t.schedule_kind <> 'event'
      WHERE until IS NULL AND at <= covered
      LIMIT 20""";

  private static final String SPANS_OVERLAP =
      """
      SELECT task_id,
        'spans of non-firings overlap: ' || from_at || ' begins before ' || before || ' ends' AS what
      FROM (
        SELECT s.task_id, s.from_at,
          max(s.to_at) OVER (PARTITION BY s.task_id ORDER BY s.from_at, s.id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
        FROM skipped_firing s JOIN task t ON t.id = s.task_id AND t.schedule_kind <> 'event') spans
      WHERE from_at <= before
      LIMIT 20""";

  private static final String NEVER_SETTLED =
      """
      SELECT t.id AS task_id, 'nothing follows, nothing is going on, and it is not settled' AS what
      FROM task t
      WHERE t.status = 'active' AND t.schedule_kind <> 'event'
        AND (t.next_run IS NULL OR t.next_run = t.last_emitted)
        AND NOT EXISTS (SELECT FROM due_work_open w WHERE w.task_id = t.id)
        AND NOT EXISTS (SELECT FROM signal s WHERE s.task_id = t.id)
      LIMIT 20""";

  /** A run may be tried again though its task is canceled: somebody asked for just that. */
  private static final String CANCELED_AND_WAITING =
      """
      SELECT t.id AS task_id, 'it is canceled and work ' || w.id || ' still waits' AS what
      FROM task t JOIN due_work_open w ON w.task_id = t.id
      WHERE t.status = 'canceled' AND w.status = 'pending' AND w.started_at IS NULL
        AND NOT w.cancel_requested AND w.cause <> 'redrive'
      LIMIT 20""";

  private static final String CURSOR_BEHIND =
      """
      SELECT t.id AS task_id,
        'its cursor ' || t.next_run || ' is not after its emitted occurrence ' || w.run_at AS what
      FROM task t JOIN due_work_open w ON w.task_id = t.id
      WHERE w.cause IN ('schedule', 'condition') AND t.next_run IS DISTINCT FROM t.last_emitted
        AND t.next_run <= w.run_at
      LIMIT 20""";

  private static final String EVENT_TWICE =
      """
      SELECT task_id, 'event ' || event || ' started it ' || count(*) || ' times' AS what
      FROM (
        SELECT task_id, trigger_data -> 'event' ->> 'id' AS event
        FROM due_work_open WHERE cause = 'event'
        UNION ALL
        SELECT task_id, trigger_data -> 'event' ->> 'id' FROM due_work_done WHERE cause = 'event'
        UNION ALL
        SELECT task_id, event ->> 'id' FROM signal WHERE cause = 'event') started
      WHERE event IS NOT NULL
      GROUP BY task_id, event HAVING count(*) > 1
      LIMIT 20""";

  private static final String POSITION_TWICE =
      """
      SELECT NULL::uuid AS task_id, 'position ' || position || ' was given to two events' AS what
      FROM event WHERE position IS NOT NULL GROUP BY position HAVING count(*) > 1
      LIMIT 20""";

  private static final String TASKS =
      """
      SELECT * FROM task_row
      WHERE schedule_kind IN ('cron', 'rrule', 'condition') AND ($1::uuid IS NULL OR id > $1)
      ORDER BY id
      LIMIT 500""";

  /** What was canceled before it began may have been stored long before its time and its plan. */
  private static final String FIRED =
      """
      SELECT run_at FROM due_work_open
      WHERE task_id = $1 AND cause IN ('schedule', 'condition') AND run_at >= $2
      UNION
      SELECT run_at FROM signal
      WHERE task_id = $1 AND cause IN ('schedule', 'condition') AND run_at >= $2
      UNION
      SELECT run_at FROM task_run
      WHERE task_id = $1 AND cause IN ('schedule', 'condition') AND run_at >= $2
        AND created_at >= $3
      UNION
      SELECT run_at FROM task_run
      WHERE task_id = $1 AND cause IN ('schedule', 'condition') AND run_at >= $2
        AND status = 'canceled' AND started_at IS NULL
      UNION
      SELECT run_at FROM due_work_done
      WHERE $4 AND task_id = $1 AND cause IN ('schedule', 'condition') AND run_at >= $2""";

  private static final String SPANS =
      """
      SELECT from_at, to_at, count FROM skipped_firing
      WHERE task_id = $1 AND to_at >= $2
      ORDER BY from_at""";

  private InvariantTable() {}

  /** A promise that one statement checks: it finds what breaks it. */
  enum Invariant {
    AN_OCCURRENCE_FIRES_ONCE(FIRED_TWICE),
    A_RUN_ENDS_ONCE(ENDED_TWICE),
    WORK_IS_OPEN_OR_ENDED(OPEN_AND_ENDED),
    WHAT_IS_DONE_HAS_A_RUN(DONE_WITHOUT_RUN),
    FIRED_OR_RECORDED_NEVER_BOTH(FIRED_AND_SKIPPED),
    SPANS_DO_NOT_OVERLAP(SPANS_OVERLAP),
    EVERY_TASK_IS_SETTLED(NEVER_SETTLED),
    WHAT_IS_CANCELED_DOES_NOT_WAIT(CANCELED_AND_WAITING),
    THE_CURSOR_IS_AFTER_WHAT_WAS_EMITTED(CURSOR_BEHIND),
    AN_EVENT_STARTS_A_TASK_ONCE(EVENT_TWICE),
    A_POSITION_IS_GIVEN_ONCE(POSITION_TWICE);

    private final String sql;

    Invariant(String sql) {
      this.sql = sql;
    }

    String sentence() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }

  static void allowScans(Statements tx) {
    tx.query(ALLOW_SCANS, Tuple.tuple(), row -> "set");
  }

  static Instant clock(Statements tx) {
    return tx.first(CLOCK, Tuple.tuple(), row -> Columns.instant(row, "now")).orElseThrow();
  }

  /** From when on all of the named histories are whole; long ago when nothing was removed yet. */
  static Instant keptFrom(Statements tx, String... histories) {
    return tx.first(
            KEPT_FROM,
            Tuple.tuple().addArrayOfString(histories),
            row -> Optional.ofNullable(Columns.instantOrNull(row, "kept_from")))
        .flatMap(kept -> kept)
        .orElse(Instant.EPOCH);
  }

  static List<Finding> broken(Statements tx, Invariant invariant) {
    return tx.query(
        invariant.sql,
        Tuple.tuple(),
        row ->
            new Finding(invariant.sentence(), row.getUUID("task_id"), Columns.text(row, "what")));
  }

  /**
   * A task with what its occurrences are checked against.
   *
   * @param plannedFrom from when on its present plan holds
   */
  record Planned(Task task, Instant plannedFrom) {}

  static List<Planned> tasks(Statements tx, @Nullable UUID after) {
    return tx.query(
        TASKS,
        Tuple.tuple().addUUID(after),
        row -> new Planned(TaskRows.task(row), Columns.instant(row, "planned_from")));
  }

  static List<Instant> fired(Statements tx, UUID taskId, Instant from, boolean probesToo) {
    return tx.query(
        FIRED,
        Tuple.of(
            taskId, Columns.argument(from), Columns.argument(from.minusSeconds(3_600)), probesToo),
        row -> Columns.instant(row, "run_at"));
  }

  /** A recorded span of non-firings, both ends inclusive. */
  record Span(Instant from, Instant to, long count) {}

  static List<Span> spans(Statements tx, UUID taskId, Instant from) {
    return tx.query(
        SPANS,
        Tuple.of(taskId, Columns.argument(from)),
        row ->
            new Span(
                Columns.instant(row, "from_at"),
                Columns.instant(row, "to_at"),
                row.getLong("count")));
  }
}

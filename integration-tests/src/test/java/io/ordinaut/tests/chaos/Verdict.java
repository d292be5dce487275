package io.ordinaut.tests.chaos;

import io.ordinaut.scheduler.check.Invariants;
import io.ordinaut.store.Db;
import io.ordinaut.tests.chaos.EffectServer.Effect;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** Compares what was promised, what the database says and what happened in the world outside. */
final class Verdict {
  private static final String LOST =
      """
      SELECT t.title || ', its occurrence of ' || due.run_at
      FROM chaos_due due JOIN task t ON t.id = due.task_id
      WHERE NOT EXISTS (
          SELECT FROM task_run r
          WHERE r.task_id = due.task_id AND r.run_at = due.run_at AND r.cause = 'schedule')
        AND NOT EXISTS (
          SELECT FROM skipped_firing s
          WHERE s.task_id = due.task_id AND due.run_at BETWEEN s.from_at AND s.to_at)
      UNION ALL
      SELECT 'the wish of a run ' || id FROM chaos_wish w
      WHERE kind = 'run' AND NOT EXISTS (SELECT FROM task_run r WHERE r.id = w.id)
      UNION ALL
      SELECT 'the wish of an event ' || id FROM chaos_wish w
      WHERE kind = 'event' AND NOT EXISTS (SELECT FROM event e WHERE e.id = w.id)
      UNION ALL
      SELECT 'event ' || e.id || ', ' || e.topic || ', started only ' || count(d.id) || ' runs'
      FROM event e
      LEFT JOIN due_work_done d ON d.cause = 'event' AND d.trigger_data #>> '{event,id}' = e.id::text
      WHERE e.topic LIKE 'chaos.%'
      GROUP BY e.id, e.topic HAVING count(d.id) < CASE e.topic WHEN 'chaos.happened' THEN 2 ELSE 1 END
      UNION ALL
      SELECT 'what run ' || r.id || ' published' FROM task_run r JOIN task t ON t.id = r.task_id
      WHERE t.title LIKE 'publishes%'
        AND r.id::text NOT IN (SELECT payload ->> 'run' FROM event WHERE topic = 'chaos.published')\
      """;

  private static final String TWICE =
      """
      SELECT 'run ' || id || ' ended ' || count(*) || ' times' FROM task_run
      GROUP BY id HAVING count(*) > 1
      UNION ALL
      SELECT 'task ' || task_id || ' ran ' || count(*) || ' times for ' || run_at FROM task_run
      WHERE cause = 'schedule' GROUP BY task_id, run_at HAVING count(*) > 1
      UNION ALL
      SELECT 'event ' || min(id::text) || ' was published ' || count(*) || ' times' FROM event
      WHERE topic = 'chaos.published' GROUP BY payload ->> 'run' HAVING count(*) > 1
      UNION ALL
      SELECT 'step ' || step_id || ' of run ' || run_id || ' was finished ' || count(*) || ' times'
      FROM run_log WHERE status = 'success'
      GROUP BY run_id, step_id, item, kind HAVING count(*) > 1\
      """;

  private static final String STUCK =
      """
      SELECT status || ' work ' || id || ' since ' || created_at FROM due_work_open
      UNION ALL SELECT 'signal ' || id FROM signal
      UNION ALL SELECT 'event ' || id || ' without a position' FROM event WHERE position IS NULL
      UNION ALL
      SELECT 'task ' || title || ' is ' || status FROM task
      WHERE schedule_kind <> 'event' AND status NOT IN ('completed', 'failed')\
      """;

  /** Only what rolls back fails, and a one-time task ends as its run did. */
  private static final String ENDED_WRONG =
      """
      SELECT t.title || ', run ' || r.id || ': ' || r.status || ' ' || coalesce(r.error_message, '')
      FROM task_run r JOIN task t ON t.id = r.task_id
      WHERE r.status <> CASE WHEN t.title LIKE 'rollback%' THEN 'failed' ELSE 'success' END
      UNION ALL
      SELECT title || ' is ' || status FROM task WHERE schedule_kind <> 'event' AND status <> 'completed'\
      """;

  private static final String DONE =
      """
      SELECT run_id || ':' || step_id || coalesce(':' || item, '')
          || CASE WHEN kind = 'compensate' THEN ':compensate' ELSE '' END,
        output #>> '{body,receipt}'
      FROM run_log WHERE status = 'success' AND step_id LIKE 'do\\_%'\
      """;

  private final Records records;
  private final Map<String, Effect> effects;
  private final Set<String> ambiguous;
  private final List<UUID> confirmed;
  private final Map<String, List<String>> findings = new HashMap<>();

  Verdict(Records records, EffectServer server, Workload workload) {
    this.records = records;
    this.effects = server.effects();
    this.ambiguous = server.ambiguous();
    this.confirmed = workload.confirmed();
    note("lost", firsts(records.query(LOST)));
    note("finished twice", firsts(records.query(TWICE)));
    note("stuck", firsts(records.query(STUCK)));
    note("ended otherwise than they must", firsts(records.query(ENDED_WRONG)));
    note("promised and forgotten", forgotten());
    note("keys with two bodies", List.copyOf(ambiguous));
    compareEffects();
  }

  private static List<String> firsts(List<List<String>> rows) {
    return rows.stream().map(row -> row.get(0)).toList();
  }

  private void note(String what, List<String> found) {
    findings.put(what, found);
  }

  private List<String> forgotten() {
    Set<String> known = new HashSet<>(firsts(records.query("SELECT id FROM chaos_wish")));
    return confirmed.stream().map(UUID::toString).filter(id -> !known.contains(id)).toList();
  }

  private void compareEffects() {
    List<String> without = new ArrayList<>();
    Set<String> keys = new HashSet<>();
    for (List<String> row : records.query(DONE)) {
      Effect effect = effects.get(row.get(0));
      keys.add(row.get(0));
      if (effect == null || !Integer.toString(effect.receipt()).equals(row.get(1))) {
        without.add(row.get(0) + " with receipt " + row.get(1) + ", " + effect);
      }
    }
    note("checkpoints without their effect", without);
    note(
        "effects without a checkpoint",
        effects.keySet().stream().filter(key -> !keys.contains(key)).toList());
  }

  /** Adds what the checker of a whole database finds. */
  Verdict check(Db db) {
    note("broken invariants", new Invariants(db).check().stream().map(Object::toString).toList());
    return this;
  }

  /** What is wrong, by its kind; the lists are empty when nothing is. */
  Map<String, List<String>> findings() {
    return findings;
  }

  /** Runs that have ended. */
  long runs() {
    return records.count("SELECT count(*) FROM task_run");
  }

  /** Occurrences and wishes. */
  long promised() {
    return records.count(
        "SELECT (SELECT count(*) FROM chaos_due) + (SELECT count(*) FROM chaos_wish)");
  }

  /** Occurrences that overlapped another run and are recorded so. */
  long recorded() {
    return records.count("SELECT coalesce(sum(count), 0) FROM skipped_firing");
  }

  /** Effects that happened. */
  int effects() {
    return effects.size();
  }

  /** How often one was asked for again: its worker died or lost its lease before the checkpoint. */
  int repeated() {
    return effects.values().stream().mapToInt(effect -> effect.calls().get() - 1).sum();
  }
}

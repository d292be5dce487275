package io.ordinaut.scheduler.retention;

import io.ordinaut.scheduler.loop.RetentionConfig;
import java.time.Duration;
import java.util.function.Function;

/** Tables that grow for ever unless their old rows go. */
enum History {
  WORK("due_work_done", "day", RetentionConfig::work),
  RUNS("task_run", "week", RetentionConfig::runs),
  LOGS("run_log", "week", RetentionConfig::runs),
  EVENTS("event", "week", RetentionConfig::events),
  SKIPS("skipped_firing", "", RetentionConfig::runs),
  DEDUPE("event_dedupe", "", RetentionConfig::dedupe);

  private final String table;
  private final String unit;
  private final Function<RetentionConfig, Duration> kept;

  History(String table, String unit, Function<RetentionConfig, Duration> kept) {
    this.table = table;
    this.unit = unit;
    this.kept = kept;
  }

  String table() {
    return table;
  }

  /** How much time a partition holds: a word of PostgreSQL's; empty for a plain table. */
  String unit() {
    return unit;
  }

  boolean isPartitioned() {
    return !unit.isEmpty();
  }

  Duration kept(RetentionConfig config) {
    return kept.apply(config);
  }
}

package io.ordinaut.tests.chaos;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * A steady mix of tasks, with a note of everything that must come of it: occurrences in {@code
 * chaos_due}, what was asked for by hand in {@code chaos_wish}, each written together with what it
 * promises.
 */
final class Workload implements AutoCloseable {
  private static final String NOTES =
      """
      CREATE TABLE chaos_due (task_id uuid NOT NULL, run_at timestamptz NOT NULL);
      CREATE TABLE chaos_wish (id uuid PRIMARY KEY, kind text NOT NULL)\
      """;

  /** An even second, far enough ahead for all tasks to be in place before their time. */
  private static final String BEGIN =
      "SELECT to_timestamp(ceil(extract(epoch FROM now()) / 2) * 2 + 2)::text";

  private static final String RECURRING =
      """
      WITH made AS (
        INSERT INTO task (title, schedule_kind, schedule_expr, payload, overlap, concurrency_key,
          concurrency_limit, max_retries, backoff_strategy, backoff_base_seconds, catch_up,
          schedule_anchor, planned_from, next_run, ends_at)
        SELECT ?, ?, ?, ?::jsonb, ?, ?, CASE WHEN ? THEN 2 END, 5, 'fixed', 0.5, 'all',
          at, at, at, at + ? * interval '1 second'
        FROM CAST(? AS timestamptz) at
        RETURNING id, next_run, ends_at)
      INSERT INTO chaos_due
      SELECT id, at FROM made, generate_series(next_run, ends_at, ? * interval '1 second') at\
      """;

  private static final String ONE_TIME =
      """
      WITH made AS (
        INSERT INTO task (title, schedule_kind, schedule_expr, next_run, max_retries,
          backoff_base_seconds, payload)
        SELECT 'once ' || i, 'once', 'as told', ?::timestamptz + i * interval '1 second' / ?, 5,
          0.5, ?::jsonb
        FROM generate_series(0, ? - 1) i
        RETURNING id, next_run)
      INSERT INTO chaos_due SELECT id, next_run FROM made\
      """;

  private static final String LISTENING =
      """
      INSERT INTO task (title, schedule_kind, schedule_expr, max_retries, backoff_base_seconds,
        payload)
      VALUES (?, 'event', ?, 5, 0.5, ?::jsonb)\
      """;

  private static final String WISH_RUN =
      """
      WITH wish AS (
        INSERT INTO chaos_wish SELECT unnest(string_to_array(?, ','))::uuid, 'run'
        ON CONFLICT DO NOTHING RETURNING id)
      INSERT INTO signal (id, task_id) SELECT wish.id, t.id FROM wish, task t WHERE t.title = 'by hand'\
      """;

  private static final String WISH_EVENT =
      """
      WITH wish AS (
        INSERT INTO chaos_wish SELECT unnest(string_to_array(?, ','))::uuid, 'event'
        ON CONFLICT DO NOTHING RETURNING id)
      INSERT INTO event (id, topic, payload)
      SELECT id, 'chaos.happened', jsonb_build_object('wish', id) FROM wish\
      """;

  private static final int FEEDS_A_SECOND = 2;

  private final Records records;
  private final EffectServer effects;
  private final int rate;
  private final ScheduledExecutorService feeder = Executors.newSingleThreadScheduledExecutor();
  private final List<UUID> confirmed = new ArrayList<>();

  Workload(Records records, EffectServer effects, int rate) {
    this.records = records;
    this.effects = effects;
    this.rate = rate;
    records.query(NOTES);
  }

  /**
   * A kind of recurring task.
   *
   * @param title by whose first word it is told how its runs must end
   * @param every seconds between occurrences
   * @param key under which no more than two run at once; empty for none
   */
  private record Kind(
      String title, String kind, String expr, int every, String overlap, String key, String steps) {
    Kind(String title, String steps) {
      this(title, "cron", "* * * * * *", 1, "allow", "", steps);
    }
  }

  private String call(String id, String path, String more) {
    return """
    {"id": "%s", "uses": "http.request", "save_as": "%s"%s, "with": {"method": "POST",
     "url": "%s", "body": {"run": "${run.id}", "run_at": "${run.run_at}", "now": "${now}",
     "task": "${task.title}"}}}\
    """
        .formatted(id, id, more, effects.url(path));
  }

  private String call(String id, String path) {
    return call(id, path, "");
  }

  private List<Kind> kinds() {
    String undo =
        """
        , "compensate": {"uses": "http.request", "with": {"method": "POST", "url": "%s",
          "body": {"undo": "${steps.do_hold.body.receipt}"}}}\
        """
            .formatted(effects.url("/effect"));
    String fail = "{\"id\": \"boom\", \"uses\": \"failing-tool\", \"retry_count\": 2, %s}";
    return List.of(
        new Kind("cron", call("do_it", "/effect")),
        new Kind(
            "rrule",
            "rrule",
            "FREQ=SECONDLY",
            1,
            "allow",
            "",
            call("do_one", "/effect")
                + ", {\"id\": \"say\", \"uses\": \"echo-tool\", \"with\":"
                + " {\"receipt\": \"${steps.do_one.body.receipt}\"}},"
                + call("do_two", "/slow")),
        new Kind(
            "list",
            call("do_each", "/effect", ", \"foreach\": \"['a', 'b', 'c']\", \"max_parallel\": 2")),
        new Kind("step retried", call("do_it", "/flaky", ", \"retry_count\": 3")),
        new Kind("keyed", "cron", "* * * * * *", 1, "allow", "chaos", call("do_it", "/effect")),
        new Kind(
            "rollback",
            call("do_hold", "/effect", undo) + "," + fail.formatted("\"on_error\": \"rollback\"")),
        new Kind(
            "pause",
            call("do_one", "/effect")
                + ", {\"id\": \"rest\", \"uses\": \"delay\", \"with\": {\"seconds\": 1.5}},"
                + call("do_two", "/effect")),
        new Kind(
            "publishes",
            """
            {"id": "publish", "uses": "event.publish", "with": {"topic": "chaos.published",
             "payload": {"run": "${run.id}"}}}\
            """),
        new Kind("run retried", call("do_it", "/flaky")),
        new Kind("alone", "cron", "* * * * * *", 1, "skip", "", call("do_it", "/slow")),
        new Kind(
            "lived with",
            fail.formatted("\"on_error\": \"continue\"") + "," + call("do_it", "/effect")),
        new Kind(
            "every other",
            "rrule",
            "FREQ=SECONDLY;INTERVAL=2",
            2,
            "allow",
            "",
            call("do_it", "/slow")),
        new Kind(
            "buffered", "cron", "*/2 * * * * *", 2, "buffer_one", "", call("do_it", "/effect")));
  }

  private static String payload(String steps) {
    return "{\"pipeline\": [" + steps + "]}";
  }

  /** Everything that will fall due for so long, and wishes all the while. */
  void begin(Duration length) {
    // They listen before any task speaks.
    records.query(LISTENING, "by hand", "chaos.never", payload(call("do_it", "/slow")));
    records.query(LISTENING, "hears it", "chaos.happened", payload(call("do_it", "/effect")));
    records.query(LISTENING, "hears all", "chaos.#", payload(call("do_it", "/effect")));
    String start = records.query(BEGIN).get(0).get(0);
    long seconds = length.toSeconds();
    List<Kind> kinds = kinds();
    int tasks = Math.max(kinds.size(), rate * 6 / 10);
    for (int i = 0; i < tasks; i++) {
      Kind kind = kinds.get(i % kinds.size());
      records.query(
          RECURRING,
          kind.title() + " " + i,
          kind.kind(),
          kind.expr(),
          payload(kind.steps()),
          kind.overlap(),
          kind.key().isEmpty() ? null : kind.key(),
          !kind.key().isEmpty(),
          seconds,
          start,
          kind.every());
    }
    int ones = Math.max(1, rate / 5);
    records.query(ONE_TIME, start, ones, payload(call("do_it", "/effect")), (int) (ones * seconds));
    feeder.scheduleWithFixedDelay(this::feed, 0, 1_000 / FEEDS_A_SECOND, TimeUnit.MILLISECONDS);
  }

  private void feed() {
    wish(WISH_RUN, Math.max(1, rate / 10 / FEEDS_A_SECOND));
    wish(WISH_EVENT, Math.max(1, rate / 20 / FEEDS_A_SECOND));
  }

  /** Once confirmed it is a promise; what is not confirmed may be one. */
  private void wish(String statement, int number) {
    List<UUID> ids = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      ids.add(UUID.randomUUID());
    }
    try {
      records.once(statement, String.join(",", ids.stream().map(UUID::toString).toList()));
      confirmed.addAll(ids);
    } catch (SQLException e) {
      // The database is away; whether it has taken them, chaos_wish says.
    }
  }

  /** Nothing more is wished for. */
  void end() {
    feeder.shutdown();
    try {
      if (!feeder.awaitTermination(60, TimeUnit.SECONDS)) {
        throw new AssertionError("The last wish is not answered.");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The wishes that the database has confirmed; to be asked for at the end. */
  List<UUID> confirmed() {
    return confirmed;
  }

  @Override
  public void close() {
    feeder.shutdownNow();
  }
}

package io.ordinaut.tests.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.tests.utils.Harness;
import io.ordinaut.tests.utils.Ledger;
import io.ordinaut.worker.loop.Worker;
import io.ordinaut.worker.run.RunOutcome;
import io.ordinaut.worker.tool.ToolCall;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** What steps did in the world, held against what their runs say, while workers are lost. */
@Order(3)
class SideEffectsTest {
  private static final int RUNS = 500;
  private static final Pattern NAME = Pattern.compile("([a-e])(?:\\[(\\d)])?");

  private final Ledger ledger = new Ledger();
  @AutoClose private final Harness db = new Harness();

  private Worker worker(String id) {
    return db.worker(id, Map.of(), Map.of("act", ledger));
  }

  private UUID work(JsonArray pipeline, JsonObject settings) {
    UUID id = UUID.randomUUID();
    db.execute(
        "INSERT INTO due_work (id, payload) VALUES ($1, $2)",
        id,
        new JsonObject().put("pipeline", pipeline).put("settings", settings));
    return id;
  }

  /** From now on the worker that holds the run is as good as dead: nothing of it counts. */
  private boolean abandon(UUID run) {
    return db.execute(
            """
            UPDATE due_work_open
            SET locked_until = now() - interval '1 s', lease_token = gen_random_uuid()
            WHERE id = $1 AND lost_leases = 0""",
            run)
        == 1;
  }

  @Test
  void a_worker_that_dies_anywhere_repeats_no_finished_step() {
    List<String> steps = List.of("a", "b", "c", "d", "e");
    List<UUID> runs = new ArrayList<>();
    Set<String> dying = new HashSet<>();
    for (String when : List.of("before", "after")) {
      for (String step : steps) {
        UUID id = work(chain(steps), new JsonObject());
        runs.add(id);
        dying.add(when + " " + id + ":" + step);
      }
    }
    ledger.before(call -> die(dying, "before", call));
    ledger.after(call -> die(dying, "after", call));

    Worker first = worker("first");
    assertThat(first.lease(100).leases())
        .hasSize(10)
        .allMatch(lease -> first.execute(lease) instanceof RunOutcome.Lost);
    int repeatable = 5;
    Worker second = worker("second");
    second.lease(100).leases().forEach(second::execute);

    assertThat(db.count("SELECT count(*) FROM task_run WHERE status = 'success'")).isEqualTo(10);
    assertThat(ledger.ambiguousKeys()).isEmpty();
    assertThat(ledger.effects()).hasSize(runs.size() * steps.size() + repeatable);
    assertThat(new HashSet<>(ledger.entries().stream().map(Ledger.Entry::key).toList()))
        .hasSize(runs.size() * steps.size());
    assertThat(db.count("SELECT count(*) FROM (SELECT DISTINCT run_id, step_id FROM run_log) one"))
        .isEqualTo(db.count("SELECT count(*) FROM run_log"))
        .isEqualTo(50);
  }

  private void die(Set<String> dying, String when, ToolCall call) throws InterruptedException {
    if (dying.remove(when + " " + call.idempotencyKey())
        && abandon(call.runId())
        && when.equals("before")) {
      throw new InterruptedException("It died.");
    }
  }

  /** Each step passes on what the one before has brought, and the time. */
  private static JsonArray chain(List<String> steps) {
    JsonArray pipeline = new JsonArray();
    String before = "nothing";
    for (String step : steps) {
      pipeline.add(
          new JsonObject()
              .put("id", step)
              .put("uses", "act")
              .put("with", new JsonObject().put("after", before).put("at", "${now}")));
      before = "${steps." + step + ".receipt}";
    }
    return pipeline;
  }

  @Test
  void a_run_does_all_undoes_all_or_names_what_it_could_not_undo() throws Exception {
    long seed = Long.getLong("ordinaut.tests.seed", 20_301);
    System.out.println("Random failures with seed " + seed);
    Random random = new Random(seed);
    Map<UUID, JsonArray> runs = new HashMap<>();
    for (int i = 0; i < RUNS; i++) {
      JsonArray pipeline = troubled(random);
      runs.put(
          work(
              pipeline,
              new JsonObject()
                  .put("max_retries", 1)
                  .put("backoff_strategy", "fixed")
                  .put("backoff_base_seconds", 0.001)),
          pipeline);
    }
    Set<UUID> abandoned = new HashSet<>(runs.keySet().stream().limit(25).toList());
    ledger.after(
        call -> {
          if (call.idempotencyKey().endsWith("compensate") && remove(abandoned, call.runId())) {
            abandon(call.runId());
          }
        });
    runAll();

    assertThat(ledger.ambiguousKeys()).isEmpty();
    Map<UUID, List<Ledger.Entry>> calls =
        ledger.entries().stream()
            .collect(Collectors.groupingBy(e -> UUID.fromString(e.key().substring(0, 36))));
    Map<String, Integer> ends = new TreeMap<>();
    for (Row run : db.query("SELECT id, status, error_message FROM task_run")) {
      ends.merge(verify(run, calls.getOrDefault(run.getUUID("id"), List.of())), 1, Integer::sum);
    }
    System.out.println("How they ended: " + ends);
    assertThat(ends.keySet()).containsExactly("done", "not undone", "undone");
    assertThat(ends.values().stream().mapToInt(i -> i).sum()).isEqualTo(RUNS);
  }

  private static synchronized boolean remove(Set<UUID> abandoned, UUID id) {
    return abandoned.remove(id);
  }

  private void runAll() throws Exception {
    List<Thread> threads = new ArrayList<>();
    for (String name : List.of("one", "two")) {
      Worker worker = worker(name);
      threads.add(
          new Thread(
              () -> {
                while (db.count("SELECT count(*) FROM due_work_open") > 0) {
                  worker.lease(20).leases().forEach(worker::execute);
                }
              }));
    }
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join(Duration.ofSeconds(60).toMillis());
    }
    assertThat(db.count("SELECT count(*) FROM due_work_open")).isZero();
  }

  private static JsonArray troubled(Random random) {
    JsonArray pipeline = new JsonArray();
    for (String id : List.of("a", "b", "c", "d", "e")) {
      JsonObject step =
          new JsonObject()
              .put("id", id)
              .put("uses", "act")
              .put("on_error", "rollback")
              .put("with", new JsonObject().put("fails", unlucky(random)).put("at", "${now}"))
              .put(
                  "compensate",
                  new JsonObject()
                      .put("uses", "act")
                      .put(
                          "with",
                          new JsonObject()
                              .put("fails", unlucky(random))
                              .put("undo", "${steps." + id + ".receipt}")));
      if (random.nextBoolean()) {
        step.put("retry_count", 2);
      }
      if (id.equals("c")) {
        step.put("foreach", "[`0`, `1`, `2`]").put("max_parallel", 2);
      }
      pipeline.add(step);
    }
    return pipeline;
  }

  /** Mostly none; one is got over by a retry, nine are not. */
  private static int unlucky(Random random) {
    int die = random.nextInt(10);
    return die < 7 ? 0 : die < 9 ? 1 : 9;
  }

  private static String verify(Row run, List<Ledger.Entry> calls) {
    Set<String> done = new TreeSet<>();
    Set<String> undone = new LinkedHashSet<>();
    for (Ledger.Entry call : calls) {
      String key = call.key().substring(37);
      if (call.succeeded() && key.endsWith(":compensate")) {
        undone.add(key.substring(0, key.length() - ":compensate".length()));
      } else if (call.succeeded()) {
        done.add(key);
      }
    }
    if (run.getString("status").equals("success")) {
      assertThat(done).containsExactly("a", "b", "c:0", "c:1", "c:2", "d", "e");
      assertThat(undone).isEmpty();
      return "done";
    }
    String message = run.getString("error_message");
    assertThat(message).startsWith("Max retries exhausted. Step ");
    assertThat(named(message, " Compensated: ")).as(message).isEqualTo(undone);
    Set<String> left = named(message, " Not compensated: ");
    Set<String> all = new TreeSet<>(undone);
    all.addAll(left);
    assertThat(all).as(message).isEqualTo(done);
    assertThat(undone.size() + left.size()).isEqualTo(done.size());
    assertThat(undone.stream().map(key -> key.charAt(0)))
        .as("the last one first")
        .isSortedAccordingTo(Comparator.reverseOrder());
    return left.isEmpty() ? "undone" : "not undone";
  }

  private static Set<String> named(String message, String after) {
    Set<String> names = new TreeSet<>();
    int from = message.indexOf(after);
    if (from >= 0) {
      String list = message.substring(from + after.length());
      Matcher name = NAME.matcher(list.substring(0, list.indexOf('.')).replace("(no luck)", ""));
      while (name.find()) {
        names.add(name.group(2) == null ? name.group(1) : name.group(1) + ":" + name.group(2));
      }
    }
    return names;
  }
}

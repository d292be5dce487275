package io.ordinaut.tests.scenarios;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ordinaut.tests.utils.Backends;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.tests.utils.LedgerServer;
import io.ordinaut.tests.utils.ServiceProcess;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Workers that are processes and die in the middle of what they do, step after step. */
@Order(2)
class KilledWorkersTest {
  private static final int KILLS = 5;

  private final String redis = Backends.newRedis();
  private final List<ServiceProcess> fleet = new ArrayList<>();

  /** Its workers die after a step's checkpoint, before the next step has its effect. */
  private final UUID between = UUID.randomUUID();

  /** Its workers die after a step's effect, before that step's checkpoint. */
  private final UUID within = UUID.randomUUID();

  @AutoClose private final LedgerServer ledger = new LedgerServer();
  @AutoClose private final Harness db = new Harness(Backends.newDatabase(), redis);
  private final AtomicInteger kills = new AtomicInteger();

  @AfterEach
  void close() {
    fleet.forEach(worker -> worker.signal("KILL"));
  }

  @Test
  void no_finished_step_is_repeated_when_the_worker_is_killed_after_each_in_turn() {
    ledger.holdBefore(key -> isOf(between, key) && "abcdef".indexOf(stepOf(key)) > kills.get());
    ledger.holdAfter(key -> isOf(within, key));
    db.execute(
        "INSERT INTO tool (name, request) VALUES ('ledger.act', $1)",
        new JsonObject().put("method", "POST").put("url_template", ledger.url()));
    db.execute(
        "INSERT INTO due_work (id, payload) VALUES ($1, $2), ($3, $4)",
        between,
        pipeline("abcdef", KilledWorkersTest::asked),
        within,
        pipeline("abcde", this::requested));
    while (kills.get() < KILLS) {
      while (fleet.size() < Math.min(2, KILLS - kills.get())) {
        startWorker();
      }
      await()
          .atMost(Duration.ofSeconds(40))
          .pollInterval(Duration.ofMillis(20))
          .until(
              () ->
                  ledger.holds(key -> isOf(between, key))
                      && ledger.holds(key -> isOf(within, key)));
      killTheHolders();
    }
    db.runningWorker(Map.of("outbound-allow", "127.0.0.1"));
    await().until(() -> db.count("SELECT count(*) FROM task_run") == 2);

    assertThat(db.query("SELECT coalesce(error_message, status) FROM task_run"))
        .extracting(row -> row.getString(0))
        .containsExactly("success", "success");
    assertThat(callsThatCameThrough(between)).as("what was finished").allMatch(count -> count == 1);
    assertThat(callsThatCameThrough(within)).as("what was cut").allMatch(count -> count == 2);
    assertThat(ledger.effects()).hasSize(11);
    assertThat(ledger.calls().stream().map(LedgerServer.Call::key).distinct())
        .as("no key came with two bodies")
        .hasSameSizeAs(
            ledger.calls().stream().map(call -> call.key() + call.body()).distinct().toList());
    assertThat(db.query("SELECT step_id FROM run_log WHERE run_id = $1 ORDER BY 1", between))
        .extracting(row -> row.getString(0))
        .containsExactly("a", "b", "c", "d", "e", "f");
    assertThat(db.query("SELECT step_id FROM run_log WHERE run_id = $1 ORDER BY 1", within))
        .extracting(row -> row.getString(0))
        .containsExactly("a", "b", "c", "d", "e");
  }

  private void startWorker() {
    fleet.add(
        ServiceProcess.start(
            "worker-service",
            Map.of(
                "DATABASE_URL",
                db.databaseUrl(),
                "REDIS_URL",
                redis,
                "ORDINAUT_WORKER_LEASE",
                "PT60S",
                "ORDINAUT_WORKER_OUTBOUND_ALLOW",
                "127.0.0.1")));
  }

  private void killTheHolders() {
    List<String> holders =
        db.query("SELECT locked_by FROM due_work_open").stream()
            .map(row -> row.getString(0))
            .toList();
    for (ServiceProcess worker : List.copyOf(fleet)) {
      if (holders.stream().anyMatch(holder -> holder.contains("-" + worker.pid() + "-"))) {
        worker.signal("KILL");
        worker.awaitExit();
        fleet.remove(worker);
      }
    }
    kills.incrementAndGet();
    ledger.hangUp();
    // Only now may others take the runs, which would else be held by calls that are hung up here.
    // A run that loses too many workers is given up: that is another promise.
    db.execute(
        """
        UPDATE due_work_open SET lost_leases = least(lost_leases, 1),
          locked_until = now() - interval '1 ms'""");
  }

  private static boolean isOf(UUID run, String key) {
    return key.startsWith(run.toString());
  }

  private static String stepOf(String key) {
    return key.substring(key.indexOf(':') + 1);
  }

  private List<Long> callsThatCameThrough(UUID run) {
    return List.copyOf(
        ledger.calls().stream()
            .filter(call -> isOf(run, call.key()) && call.cameThrough())
            .collect(Collectors.groupingBy(LedgerServer.Call::key, Collectors.counting()))
            .values());
  }

  private interface Calling {
    JsonObject step(String id, JsonObject body);
  }

  /** Each step passes on what the one before has brought, and the time. */
  private static JsonObject pipeline(String steps, Calling calling) {
    JsonArray pipeline = new JsonArray();
    String before = "nothing";
    for (String id : steps.split("")) {
      JsonObject body = new JsonObject().put("after", before).put("at", "${now}");
      pipeline.add(calling.step(id, body).put("id", id).put("save_as", id));
      before = "${to_string(steps." + id + ")}";
    }
    return new JsonObject().put("pipeline", pipeline);
  }

  private static JsonObject asked(String id, JsonObject body) {
    return new JsonObject().put("uses", "ledger.act").put("with", body);
  }

  private JsonObject requested(String id, JsonObject body) {
    JsonObject with = new JsonObject().put("method", "POST").put("url", ledger.url());
    return new JsonObject().put("uses", "http.request").put("with", with.put("body", body));
  }
}

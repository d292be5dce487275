package io.ordinaut.tests.components;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ordinaut.tests.utils.Harness;
import io.ordinaut.tests.utils.LedgerServer;
import io.ordinaut.worker.heartbeat.Heartbeat;
import io.ordinaut.worker.heartbeat.Vitals;
import io.ordinaut.worker.loop.WorkerLoop;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class HeartbeatTest {
  @AutoClose private final Harness db = new Harness();

  private Heartbeat heart(String id, Vitals vitals) {
    return new Heartbeat(db.db(), id, "here", Duration.ofSeconds(5), () -> vitals);
  }

  private Row row(String id) {
    return db.query("SELECT * FROM worker_heartbeat WHERE worker_id = $1", id).get(0);
  }

  @Test
  void a_worker_says_what_it_does_and_is_gone_when_it_goes() {
    db.execute(
        """
        INSERT INTO due_work (payload) SELECT '{"pipeline": [{"id": "e", "uses": "echo-tool"}]}'
        FROM generate_series(1, 7)""");
    WorkerLoop worker = db.runningWorker(Map.of("heartbeat", "PT0.1S", "capacity", "3"));
    await()
        .until(
            () ->
                db.count(
                        """
                        SELECT count(*) FROM worker_heartbeat
                        WHERE finished = 7 AND runs_per_minute = 7 AND capacity = 3 AND running = 0
                          AND leases_lost = 0 AND host <> '' AND NOT draining
                          AND heartbeat_seconds = 0.1 AND seen_at > started_at""")
                    == 1);
    worker.close();
    assertThat(db.count("SELECT count(*) FROM worker_heartbeat")).isZero();
  }

  @Test
  void a_worker_that_drains_says_so_until_its_last_run_is_over() {
    try (LedgerServer peer = new LedgerServer()) {
      peer.holdBefore(key -> true);
      db.execute(
          "INSERT INTO due_work (payload) VALUES ($1)",
          new JsonObject()
              .put("pipeline", new JsonArray().add(peer.step("slow").put("retry_count", 1))));
      WorkerLoop worker =
          db.runningWorker(
              Map.of("heartbeat", "PT0.1S", "grace", "PT60S", "outbound-allow", "127.0.0.1"));
      await().until(() -> db.count("SELECT count(*) FROM worker_heartbeat WHERE running = 1") == 1);
      await().until(() -> peer.holds(key -> true));
      Thread closing = new Thread(worker::close);
      closing.start();
      await()
          .until(
              () ->
                  db.count("SELECT count(*) FROM worker_heartbeat WHERE draining AND running = 1")
                      == 1);
      peer.hangUp();
      await().until(() -> db.count("SELECT count(*) FROM worker_heartbeat") == 0);
    }
    assertThat(db.count("SELECT count(*) FROM task_run")).isEqualTo(1);
  }

  @Test
  void who_was_not_heard_of_for_a_day_is_cleared_away_by_the_living() {
    db.execute(
        """
        INSERT INTO worker_heartbeat (worker_id, capacity, running, seen_at)
        VALUES ('dead', 1, 0, now() - interval '25 h'), ('away', 1, 0, now() - interval '23 h')""");
    heart("alive", new Vitals(1, 0, 0, 0)).beat();
    assertThat(db.query("SELECT worker_id FROM worker_heartbeat ORDER BY 1"))
        .extracting(row -> row.getString(0))
        .containsExactly("alive", "away");
  }

  @Test
  void a_name_that_comes_back_takes_the_place_of_its_earlier_process() {
    heart("standalone/1", new Vitals(1, 0, 0, 0)).beat();
    heart("standalones/1", new Vitals(1, 0, 0, 0)).beat();
    Heartbeat next = heart("standalone/2", new Vitals(4, 2, 5, 1));
    next.beat();
    next.succeed("standalone/");
    assertThat(db.query("SELECT worker_id FROM worker_heartbeat ORDER BY 1"))
        .extracting(row -> row.getString(0))
        .containsExactly("standalone/2", "standalones/1");
    assertThat(row("standalone/2").getLong("leases_lost")).isEqualTo(1);
    assertThat(row("standalone/2").getInteger("runs_per_minute")).isEqualTo(5);
  }
}

package io.ordinaut.tests.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ordinaut.tests.utils.Harness;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two schedulers and three workers, each a process, on a PostgreSQL and a Redis of their own, all
 * of which are broken at random while a steady mix of tasks runs; then everything that was promised
 * is looked for.
 */
class ChaosTest {
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  /** After the last fault something still falls due, so that it has something to harm. */
  private static final Duration TAIL = Duration.ofSeconds(4);

  /** Where the services' output is kept: what went wrong began there. */
  private static final Path OUTPUT = Path.of("target", "chaos");

  /** The most seconds from fault to fault, on average. */
  private static final long SECONDS_APART = 9;

  private static final String OPEN =
      """
      SELECT (SELECT count(*) FROM due_work_open) + (SELECT count(*) FROM signal)
        + (SELECT count(*) FROM event WHERE position IS NULL)
        + (SELECT count(*) FROM task WHERE status = 'active' AND schedule_kind <> 'event')\
      """;

  @TempDir private Path scratch;

  private final List<Member> fleet = new ArrayList<>();

  @AfterEach
  void close() throws IOException {
    Files.createDirectories(OUTPUT);
    for (Member member : fleet) {
      member.process().signal("KILL");
      member.keepOutput(OUTPUT);
    }
  }

  @Test
  void whatever_breaks_nothing_is_lost_and_nothing_is_done_twice() throws Exception {
    Settings settings = Settings.fromProperties();
    System.out.println("Chaos: " + settings);
    try (Servers servers = new Servers(scratch.resolve("data"));
        EffectServer effects = new EffectServer()) {
      Records records = new Records(servers);
      start(servers);
      awaitAtWork();
      try (Workload workload = new Workload(records, effects, settings.rate())) {
        Instant begun = Instant.now();
        workload.begin(settings.duration().plus(TAIL));
        Storm storm = new Storm(servers, records, fleet, settings);
        storm.rage();
        workload.end();
        awaitAtWork();
        awaitTheEnd(records);
        Duration took = Duration.between(begun, Instant.now());
        try (Harness db = new Harness(servers.databaseUrl(), servers.redisUrl())) {
          Verdict verdict = new Verdict(records, effects, workload).check(db.db());
          Report report = new Report(settings, took, storm, verdict);
          report.publish(settings);
          verdict.findings().forEach((what, found) -> assertThat(found).as(what).isEmpty());
          assertThat(storm.faults())
              .isGreaterThanOrEqualTo((int) (settings.duration().toSeconds() / SECONDS_APART));
          assertThat(storm.missing()).as("kinds of faults that never happened").isEmpty();
        }
      }
    }
  }

  private void start(Servers servers) {
    Map<String, String> environment =
        Map.of(
            "DATABASE_URL", servers.databaseUrl(),
            "REDIS_URL", servers.redisUrl(),
            "ORDINAUT_WORKER_LEASE", Settings.LEASE.toString(),
            "ORDINAUT_WORKER_GRACE", "PT1S",
            "ORDINAUT_WORKER_TEST_TOOLS", "true",
            "ORDINAUT_WORKER_OUTBOUND_ALLOW", "127.0.0.1",
            "QUARKUS_DATASOURCE_REACTIVE_MAX_SIZE", "10");
    for (String module :
        List.of(
            "scheduler-service",
            "worker-service",
            "worker-service",
            "scheduler-service",
            "worker-service")) {
      fleet.add(new Member(module, environment, scratch));
    }
  }

  private void awaitAtWork() {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .until(() -> fleet.stream().allMatch(Member::isAtWork));
  }

  /** What is still open then is told by the report. */
  private static void awaitTheEnd(Records records) {
    Instant last = Instant.now().plus(PATIENCE);
    await()
        .atMost(PATIENCE.plusMinutes(1))
        .pollInterval(Duration.ofMillis(200))
        .until(() -> records.count(OPEN) == 0 || Instant.now().isAfter(last));
  }
}

package io.ordinaut.tests.external;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ordinaut.scheduler.check.Invariants;
import io.ordinaut.tests.utils.Backends;
import io.ordinaut.tests.utils.BestOfThree;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.tests.utils.OwnPostgres;
import io.ordinaut.tests.utils.ServiceProcess;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** PostgreSQL goes away under running services and comes back. It is this test's own. */
@Order(2)
class PostgresOutageTest {
  /** How long it is away, such as PT30S. */
  private static final Duration OUTAGE =
      Duration.parse(System.getProperty("ordinaut.outage.postgres", "PT2S"));

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @Test
  void services_outlive_a_database_that_stops_and_go_on_within_five_seconds() throws Exception {
    String redis = Backends.newRedis();
    try (OwnPostgres postgres = new OwnPostgres()) {
      Map<String, String> environment = Map.of("DATABASE_URL", postgres.url(), "REDIS_URL", redis);
      List<ServiceProcess> services =
          Stream.of("api-service", "scheduler-service", "worker-service")
              .map(module -> ServiceProcess.start(module, environment))
              .toList();
      try (Harness db = new Harness(postgres.url(), redis)) {
        services.forEach(ServiceProcess::awaitReady);
        services
            .get(0)
            .post(
                "/v1/tasks",
                """
                {"title": "goes on", "schedule_kind": "cron", "schedule_expr": "* * * * * *",
                 "payload": {"pipeline": [{"id": "e", "uses": "echo-tool"}]}}""");
        awaitRunAfter(db, Instant.EPOCH);

        Duration longest = Duration.ofSeconds(5);
        assertThat(BestOfThree.of(longest, () -> outage(postgres, services, db)))
            .isLessThan(longest);
        assertThat(new Invariants(db.db()).check()).isEmpty();
      } finally {
        services.forEach(service -> service.signal("KILL"));
      }
    }
  }

  /** How long after the database is back the next run is over. */
  private static Duration outage(OwnPostgres postgres, List<ServiceProcess> services, Harness db)
      throws Exception {
    postgres.stop();
    Instant start = Instant.now().plus(OUTAGE);
    await()
        .alias("nobody is ready")
        .atMost(PATIENCE)
        .until(() -> services.stream().allMatch(s -> s.status("/health/ready") == 503));
    await()
        .atMost(OUTAGE.plus(PATIENCE))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> Instant.now().isAfter(start));
    assertThat(services).as("nobody has gone").allMatch(s -> s.status("/health/live") == 200);
    postgres.start();
    Instant back = Instant.now();
    awaitRunAfter(db, back);
    Duration until = Duration.between(back, Instant.now());
    services.forEach(ServiceProcess::awaitReady);
    return until;
  }

  private static void awaitRunAfter(Harness db, Instant instant) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .ignoreExceptions()
        .until(
            () ->
                db.count(
                        "SELECT count(*) FROM task_run WHERE finished_at > $1::text::timestamptz",
                        instant.toString())
                    > 0);
  }
}

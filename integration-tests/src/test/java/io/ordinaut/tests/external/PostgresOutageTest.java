package io.ordinaut.tests.external;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ordinaut.scheduler.check.Invariants;
import io.ordinaut.tests.utils.Backends;
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
        awaitRunAfter(db, Instant.EPOCH, Duration.ofSeconds(10));

        postgres.stop();
        Instant start = Instant.now().plus(OUTAGE);
        await()
            .alias("nobody is ready")
            .atMost(Duration.ofSeconds(10))
            .until(() -> services.stream().allMatch(s -> s.status("/health/ready") == 503));
        await()
            .atMost(OUTAGE.plusSeconds(5))
            .pollInterval(Duration.ofMillis(100))
            .until(() -> Instant.now().isAfter(start));
        assertThat(services).as("nobody has gone").allMatch(s -> s.status("/health/live") == 200);
        postgres.start();

        awaitRunAfter(db, Instant.now(), Duration.ofSeconds(5));
        services.forEach(ServiceProcess::awaitReady);
        assertThat(new Invariants(db.db()).check()).isEmpty();
      } finally {
        services.forEach(service -> service.signal("KILL"));
      }
    }
  }

  private static void awaitRunAfter(Harness db, Instant instant, Duration longest) {
    await()
        .atMost(longest)
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

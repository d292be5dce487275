package io.ordinaut.tests.scenarios;

import static org.awaitility.Awaitility.await;

import io.ordinaut.tests.utils.Backends;
import io.ordinaut.tests.utils.ServiceProcess;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** The three services, each a process of its own. */
@Order(5)
class ServicesTest {
  @Test
  void each_service_starts_alone_and_waits_for_the_schema() {
    Map<String, String> environment =
        Map.of("DATABASE_URL", Backends.newEmptyDatabase(), "REDIS_URL", Backends.newRedis());
    try (ServiceProcess scheduler = ServiceProcess.start("scheduler-service", environment);
        ServiceProcess worker = ServiceProcess.start("worker-service", environment)) {
      await()
          .atMost(Duration.ofSeconds(30))
          .until(
              () ->
                  Stream.of(scheduler, worker)
                      .allMatch(
                          service ->
                              service.status("/health/ready") == 503
                                  && service
                                      .get("/health/ready")
                                      .contains("waiting for migrations")));

      try (ServiceProcess api = ServiceProcess.start("api-service", environment).awaitReady()) {
        scheduler.awaitReady();
        worker.awaitReady();
        String created =
            api.post(
                    "/v1/tasks",
                    """
                    {"title": "apart", "schedule_kind": "once",
                     "schedule_expr": "2020-01-01T00:00:00Z", "payload": {"pipeline": [
                       {"id": "echo", "uses": "echo-tool", "with": {"x": 1}, "save_as": "e"}]}}""")
                .body();
        String id = created.substring(created.indexOf("\"id\":\"") + 6).substring(0, 36);
        await()
            .atMost(Duration.ofSeconds(30))
            .until(() -> api.get("/v1/tasks/" + id + "/runs").contains("\"success\""));
      }
    }
  }
}

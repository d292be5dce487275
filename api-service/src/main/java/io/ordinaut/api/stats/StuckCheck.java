package io.ordinaut.api.stats;

import io.ordinaut.store.Stuck;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/**
 * Says what is stuck. That makes nobody unready: the API can still do its job, and what is stuck is
 * seldom its fault.
 */
@Readiness
@ApplicationScoped
class StuckCheck implements HealthCheck {
  private final Overview overview;

  @Inject
  StuckCheck(Overview overview) {
    this.overview = overview;
  }

  @Override
  public HealthCheckResponse call() {
    HealthCheckResponseBuilder check = HealthCheckResponse.named("work").up();
    Stats stats = overview.last().orElse(null);
    if (stats == null) {
      return check.withData("state", "not looked at yet").build();
    }
    check.withData("state", state(stats)).withData("as_of", stats.asOf().toString());
    for (Stuck stuck : stats.stuck()) {
      check.withData(stuck.kind().shown(), stuck.count() + ". " + stuck.kind().advice());
    }
    return check.build();
  }

  private static String state(Stats stats) {
    if (stats.brake().since() != null) {
      return "paused, POST /v1/admin/resume-all ends it";
    }
    return stats.stuck().isEmpty() ? "flows" : "degraded";
  }
}

package io.ordinaut.service;

import io.vertx.ext.web.Router;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Map;

/** The short paths beside Quarkus's own ones under {@code /q}. */
@ApplicationScoped
class PlainPaths {
  private static final Map<String, String> ALIASES =
      Map.of(
          "/health", "/q/health",
          "/health/live", "/q/health/live",
          "/health/ready", "/q/health/ready",
          "/metrics", "/q/metrics",
          "/openapi", "/q/openapi");

  void register(@Observes Router router) {
    ALIASES.forEach((path, target) -> router.get(path).handler(call -> call.reroute(target)));
    // Relative links of the page need its own folder, so this one is a redirect.
    router.get("/docs").handler(call -> call.redirect("/q/swagger-ui/"));
  }
}

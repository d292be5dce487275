package io.ordinaut.api.http;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.net.URI;
import java.util.Set;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/**
 * Keeps web pages of others from driving an API that listens on loopback without authentication: a
 * foreign Host (DNS rebinding), Origin or fetch site is refused.
 */
@ApplicationScoped
class LocalOnly {
  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "::1", "[::1]");

  /** Right after the request id. */
  private static final int SECOND = Integer.MIN_VALUE + 20;

  private final boolean applies;

  @Inject
  LocalOnly(@ConfigProperty(name = "quarkus.http.host") String host) {
    this.applies = LOOPBACK.contains(host);
  }

  void register(@Observes Router router) {
    if (applies) {
      router.route().order(SECOND).handler(LocalOnly::check);
    }
  }

  private static void check(RoutingContext call) {
    HttpServerRequest request = call.request();
    boolean foreign =
        request.authority() == null
            || !LOOPBACK.contains(request.authority().host())
            || !isLocal(request.getHeader("Origin"))
            || "cross-site".equalsIgnoreCase(request.getHeader("Sec-Fetch-Site"));
    if (!foreign) {
      call.next();
      return;
    }
    Problem problem =
        new Problem(403, "This API answers to this machine only, not to pages from elsewhere.");
    call.response()
        .setStatusCode(403)
        .putHeader("Content-Type", Problem.MEDIA_TYPE)
        .end(problem.body(RequestIds.current()));
  }

  private static boolean isLocal(@Nullable String origin) {
    if (origin == null) {
      return true;
    }
    try {
      String host = URI.create(origin).getHost();
      return host != null && LOOPBACK.contains(host);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}

package io.ordinaut.api.http;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/**
 * No body is of no type: some clients send a Content-Type all the same, which would be refused with
 * 415 where a body is optional and has to be JSON.
 */
@ApplicationScoped
class EmptyBodies {
  /** After the checks of where a call comes from. */
  private static final int THIRD = Integer.MIN_VALUE + 30;

  void register(@Observes Router router) {
    router.route().order(THIRD).handler(EmptyBodies::forgetType);
  }

  private static void forgetType(RoutingContext call) {
    HttpServerRequest request = call.request();
    String length = request.getHeader("Content-Length");
    boolean empty = length == null ? !isChunked(request) : length.equals("0");
    if (empty) {
      request.headers().remove("Content-Type");
    }
    call.next();
  }

  private static boolean isChunked(HttpServerRequest request) {
    return request.getHeader("Transfer-Encoding") != null;
  }
}

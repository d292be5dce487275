package io.ordinaut.api.http;

import io.ordinaut.work.Ids;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.regex.Pattern;
import org.jboss.logging.MDC;

/** Gives every request an identifier, taken from its header or made, and returns it. */
@ApplicationScoped
public class RequestIds {
  /** The header that carries it, both ways. */
  public static final String HEADER = "X-Request-Id";

  private static final String MDC_KEY = "request_id";
  private static final Pattern ACCEPTABLE = Pattern.compile("[A-Za-z0-9._:-]{1,128}");

  /** Before every other route. */
  private static final int FIRST = Integer.MIN_VALUE + 10;

  void register(@Observes Router router) {
    router.route().order(FIRST).handler(RequestIds::assign);
    // What the server refuses before any resource sees it.
    for (int status : new int[] {400, 413, 414, 431}) {
      router.errorHandler(status, call -> refuse(call, status));
    }
  }

  private static void refuse(RoutingContext call, int status) {
    if (call.response().ended() || call.response().headWritten()) {
      return;
    }
    String detail =
        status == 413
            ? "The body is larger than 1 MiB."
            : "The request line or a header is malformed.";
    call.response()
        .setStatusCode(status)
        .putHeader("Content-Type", Problem.MEDIA_TYPE)
        .end(new Problem(status, detail).body(current()));
  }

  private static void assign(RoutingContext call) {
    String sent = call.request().getHeader(HEADER);
    String id = sent != null && ACCEPTABLE.matcher(sent).matches() ? sent : Ids.next().toString();
    MDC.put(MDC_KEY, id);
    call.response().putHeader(HEADER, id);
    call.next();
  }

  /** The identifier of the request that this thread answers. */
  public static String current() {
    Object id = MDC.get(MDC_KEY);
    return id == null ? "" : id.toString();
  }
}

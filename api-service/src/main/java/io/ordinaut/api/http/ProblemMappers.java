package io.ordinaut.api.http;

import io.ordinaut.failure.InvalidInputException;
import io.ordinaut.store.DbException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Response;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.jspecify.annotations.Nullable;

/** Every way a call can fail, as a problem document. */
public final class ProblemMappers {
  private static final Logger LOG = Logger.getLogger(ProblemMappers.class);

  /** A body without a type could come from a web page; the type says that it does not. */
  @ServerRequestFilter
  @Nullable Response untyped(ContainerRequestContext request) {
    boolean hasBody =
        request.getLength() > 0 || request.getHeaderString("Transfer-Encoding") != null;
    return hasBody && request.getMediaType() == null
        ? new Problem(415, "The body must be application/json; Content-Type has to say so.")
            .response()
        : null;
  }

  @ServerExceptionMapper
  Response problem(Problem problem) {
    return problem.response();
  }

  @ServerExceptionMapper
  Response invalid(InvalidInputException e) {
    return new Problem(422, "The input has faults; errors names each.", e.violations()).response();
  }

  @ServerExceptionMapper
  Response database(DbException e) {
    if (e.isDiskFull()) {
      LOG.warn(e.getMessage());
      return new Problem(
              503,
              "The database's disk is full. Nothing was changed; make room there and try again.")
          .response();
    }
    if (e.isUnavailable()) {
      LOG.warn(e.getMessage());
      return new Problem(
              503,
              "The database does not answer. What was asked for may or may not have been done: look"
                  + " before you try again.")
          .response();
    }
    if (e.isValueError()) {
      LOG.warnf(
          "Request %s brought a value that can't be stored: %s",
          RequestIds.current(), e.getMessage());
      return new Problem(422, "A value in it can't be stored; nothing was changed.").response();
    }
    return unexpected(e);
  }

  @ServerExceptionMapper
  Response http(WebApplicationException e) {
    int status = e.getResponse().getStatus();
    String detail =
        switch (status) {
          case 404 -> "There is nothing at this path; /docs shows what there is.";
          case 405 -> "This path does not know the method; /docs shows what it knows.";
          case 406 -> "The answer is application/json; accept that.";
          case 413 -> "The body is larger than 1 MiB.";
          case 415 -> "The body must be application/json.";
          default -> String.valueOf(e.getMessage());
        };
    return new Problem(status, detail).response();
  }

  @ServerExceptionMapper
  Response unexpected(Throwable e) {
    LOG.errorf(e, "Request %s failed", RequestIds.current());
    return new Problem(500, "Something failed here; the request_id finds it in the log.")
        .response();
  }
}

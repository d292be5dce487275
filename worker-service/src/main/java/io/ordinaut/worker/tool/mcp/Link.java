package io.ordinaut.worker.tool.mcp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.failure.Seconds;
import io.ordinaut.worker.secret.Secrets;
import io.ordinaut.worker.tool.ToolException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The connection of this worker to one server: made when it is needed, made anew when it broke. */
final class Link {
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);
  private static final Duration SHORT_LIFE = Duration.ofSeconds(10);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final int MOST_DOUBLINGS = 6;

  private final String name;
  private final Dialer dialer;
  private final Executor threads;
  private final Object listing = new Object();
  private @Nullable Connection current;
  private int failures;

  /**
   * @param name of the server
   * @param dialer opens sessions
   * @param threads on which they are opened
   */
  Link(String name, Dialer dialer, Executor threads) {
    this.name = name;
    this.dialer = dialer;
    this.threads = threads;
  }

  String name() {
    return name;
  }

  /** Held while the tools of the server are listed and written unasked. */
  Object listing() {
    return listing;
  }

  /**
   * Asks the server and waits for its answer. Once more when the server has forgotten the session,
   * since it did nothing then.
   *
   * @throws ToolException when it can't be reached, refuses, or does not answer in time
   */
  JsonNode request(Target target, String method, ObjectNode params, Duration longest)
      throws InterruptedException {
    try {
      return once(target, method, params, longest);
    } catch (LinkException e) {
      if (!e.isForgotten()) {
        throw e.of(name);
      }
    }
    try {
      return once(target, method, params, longest);
    } catch (LinkException e) {
      throw e.of(name);
    }
  }

  private JsonNode once(Target target, String method, ObjectNode params, Duration longest)
      throws InterruptedException {
    Session session = enter(target, longest);
    try {
      return session.request(method, params, longest);
    } catch (LinkException e) {
      drop(session);
      throw e;
    } catch (ToolException e) {
      throw new ToolException(e.code(), "MCP server " + name + ": " + e.getMessage());
    } finally {
      session.leave();
    }
  }

  /** A session that the caller has to leave. */
  private Session enter(Target target, Duration longest) throws InterruptedException {
    while (true) {
      Session session = await(connection(target).session, longest);
      if (session.enter()) {
        return session;
      }
      drop(session);
    }
  }

  private Session await(CompletableFuture<Session> opening, Duration longest)
      throws InterruptedException {
    Duration wait = longest.compareTo(LONGEST_WAIT) < 0 ? longest : LONGEST_WAIT;
    try {
      return opening.get(wait.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new ToolException(
          ErrorCode.TOOL_ERROR,
          "MCP server " + name + " could not be connected to within " + Seconds.of(wait) + ".");
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new ToolException(
          ErrorCode.TOOL_ERROR,
          "MCP server " + name + " can't be connected to. " + cause.getMessage());
    }
  }

  private synchronized Connection connection(Target target) {
    Connection last = current;
    if (last != null && last.serves(target)) {
      return last;
    }
    if (last != null) {
      last.retire();
      failures = last.failedEarly() ? failures + 1 : 0;
    }
    Connection next = new Connection(target, new CompletableFuture<>(), System.nanoTime());
    current = next;
    later(pause(target), () -> open(next));
    return next;
  }

  /** A program that ends as soon as it was started is not started all the time. */
  private Duration pause(Target target) {
    return target instanceof Target.Stdio && failures > 0
        ? FIRST_PAUSE.multipliedBy(1L << Math.min(failures - 1, MOST_DOUBLINGS))
        : Duration.ZERO;
  }

  private void later(Duration pause, Runnable body) {
    if (pause.isZero()) {
      threads.execute(body);
    } else {
      CompletableFuture.delayedExecutor(pause.toMillis(), TimeUnit.MILLISECONDS, threads)
          .execute(body);
    }
  }

  private void open(Connection connection) {
    try {
      Session session = dialer.open(this, connection.target);
      if (connection.session.complete(session)) {
        dialer.opened(this);
      } else {
        session.end();
      }
    } catch (InterruptedException e) {
      connection.session.completeExceptionally(new LinkException("The worker shuts down."));
    } catch (RuntimeException e) {
      connection.session.completeExceptionally(e);
    }
  }

  private synchronized void drop(Session session) {
    if (current != null && current.opened().filter(session::equals).isPresent()) {
      session.retire();
    }
  }

  /** The session that is open now, if one is; the caller has to leave it. */
  Optional<Session> openSession() {
    Connection connection;
    synchronized (this) {
      connection = current;
    }
    return connection == null ? Optional.empty() : connection.opened().filter(Session::enter);
  }

  /** Over what the server is told with each request. */
  synchronized Secrets mask() {
    return current == null ? Secrets.over(Set.of()) : current.target.mask();
  }

  /** Lets go of the session; the next call makes a new one. */
  synchronized void retire() {
    if (current != null) {
      current.retire();
    }
  }

  /** Ends the session and whatever goes on in it. */
  void end() {
    Connection last;
    synchronized (this) {
      last = current;
    }
    if (last != null && !last.session.completeExceptionally(new LinkException("It is closed."))) {
      last.opened().ifPresent(Session::end);
    }
  }

  /** Opens sessions. */
  interface Dialer {
    /** Connects and shakes hands. */
    Session open(Link link, Target target) throws InterruptedException;

    /** Called when calls can use the session that was opened. */
    void opened(Link link);
  }

  /** One attempt to have a session, and the session that came of it. */
  private record Connection(Target target, CompletableFuture<Session> session, long atNanos) {
    boolean serves(Target wanted) {
      return target.equals(wanted)
          && (!session.isDone() || opened().filter(Session::isUsable).isPresent());
    }

    boolean failedEarly() {
      return System.nanoTime() - atNanos < SHORT_LIFE.toNanos();
    }

    Optional<Session> opened() {
      return session.isDone() && !session.isCompletedExceptionally()
          ? Optional.of(session.join())
          : Optional.empty();
    }

    void retire() {
      var unused = session.thenAccept(Session::retire);
    }
  }
}

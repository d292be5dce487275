package io.ordinaut.worker.tool.http;

import io.ordinaut.failure.ErrorCode;
import io.ordinaut.worker.tool.ToolException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/1.1 to the outside, and only there: each request, also one that follows a redirect, goes to
 * an address that the {@link Guard} has checked, and to no other. Certificates are verified against
 * the name in the URL.
 *
 * <p>It has event loops of its own, so that a flood from outside delays no database call.
 */
public final class Outbound implements AutoCloseable {
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final int MOST_REDIRECTS = 5;
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
  private static final Set<String> WITH_BODY = Set.of("POST", "PUT", "PATCH");
  private static final int LARGEST_HEAD = 32_768;

  /** Connections to one origin; as many as runs may have calls under way. */
  private static final int MOST_CONNECTIONS = 512;

  private static final int RESOLVERS = 8;

  private final HttpClientOptions options;
  private final ExecutorService resolving;
  private final Guard guard;
  private @Nullable Vertx vertx;
  private @Nullable HttpClient client;

  /** With what may be reached beyond the public Internet. */
  public Outbound(AllowList allowed) {
    this(allowed, Resolver.SYSTEM, new HttpClientOptions());
  }

  /**
   * @param resolver of names
   * @param options whose trust is used; all else is set here
   */
  Outbound(AllowList allowed, Resolver resolver, HttpClientOptions options) {
    this.resolving = resolvers();
    this.guard = new Guard(allowed, resolver, resolving);
    this.options =
        options
            .setVerifyHost(true)
            .setConnectTimeout((int) CONNECT.toMillis())
            .setSslHandshakeTimeout(CONNECT.toMillis())
            .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
            // A connection that is kept may be closed by the server while a request is written to
            // it, and then nobody knows whether that was done: each request has one of its own.
            .setKeepAlive(false)
            .setMaxHeaderSize(LARGEST_HEAD);
  }

  /** Made at the first request: many a worker never sends one. */
  private synchronized HttpClient client() {
    if (client == null) {
      vertx =
          Vertx.vertx(
              new VertxOptions()
                  .setEventLoopPoolSize(2)
                  .setFileSystemOptions(
                      new FileSystemOptions()
                          .setFileCachingEnabled(false)
                          .setClassPathResolvingEnabled(false)));
      client = vertx.createHttpClient(options, new PoolOptions().setHttp1MaxSize(MOST_CONNECTIONS));
    }
    return client;
  }

  private static ExecutorService resolvers() {
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            RESOLVERS,
            RESOLVERS,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            body -> {
              Thread thread = new Thread(body, "ordinaut-names");
              thread.setDaemon(true);
              return thread;
            });
    threads.allowCoreThreadTimeOut(true);
    return threads;
  }

  /**
   * Sends a request, follows up to five redirects, and answers as soon as the head of a response
   * that is no redirect is there. An interrupt ends the request: its connection is closed.
   *
   * @return to be closed by the caller
   * @throws ToolException {@code tool_error} when the host may not or can't be reached, {@code
   *     timeout}, {@code schema_error} when what a redirect names is no URL
   */
  public Exchange send(OutboundRequest request) throws InterruptedException {
    Deadline deadline = Deadline.in(request.timeout());
    OutboundRequest current = request;
    for (int redirects = 0; ; redirects++) {
      Exchange exchange = once(current, deadline);
      String location = exchange.header("location");
      if (location == null || !REDIRECTS.contains(exchange.status())) {
        return exchange;
      }
      exchange.close();
      if (redirects == MOST_REDIRECTS) {
        throw new ToolException(
            ErrorCode.TOOL_ERROR,
            request.origin() + " redirects more than " + MOST_REDIRECTS + " times.");
      }
      current = current.redirected(exchange.status(), location);
    }
  }

  private Exchange once(OutboundRequest request, Deadline deadline) throws InterruptedException {
    HttpClientRequest connected = connect(request, deadline);
    Future<Exchange> answer =
        connected.response().map(response -> new Exchange(connected, response, deadline));
    if (request.body().length > 0 || WITH_BODY.contains(request.method())) {
      connected.end(Buffer.buffer(request.body()));
    } else {
      connected.end();
    }
    return deadline.await(future(answer), connected::reset, request.origin() + " did not answer");
  }

  /** Connects to the first address that lets itself be connected to. */
  private HttpClientRequest connect(OutboundRequest request, Deadline deadline)
      throws InterruptedException {
    List<InetAddress> addresses = guard.addressesOf(request.url().getHost(), deadline);
    ToolException failure = null;
    for (InetAddress address : addresses) {
      Duration longest = CONNECT.dividedBy(addresses.size());
      Future<HttpClientRequest> connecting = client().request(options(request, address, longest));
      try {
        return deadline.await(
            future(connecting),
            // To reset what has not begun would leave its connection open.
            () -> connecting.onSuccess(late -> late.connection().close()),
            request.origin() + " could not be connected to");
      } catch (ToolException e) {
        if (e.code() == ErrorCode.TIMEOUT) {
          throw e;
        }
        failure = e;
      }
    }
    throw failure == null ? new IllegalStateException("The guard names an address.") : failure;
  }

  private static RequestOptions options(
      OutboundRequest request, InetAddress address, Duration longest) {
    RequestOptions options =
        new RequestOptions()
            .setServer(SocketAddress.inetSocketAddress(request.port(), address.getHostAddress()))
            .setHost(request.url().getHost())
            .setPort(request.port())
            .setSsl(request.isSecure())
            .setMethod(HttpMethod.valueOf(request.method()))
            .setURI(request.target())
            .setConnectTimeout(longest.toMillis());
    request.headers().forEach(options::putHeader);
    return options;
  }

  private static <T> CompletableFuture<T> future(Future<T> awaited) {
    return awaited.toCompletionStage().toCompletableFuture();
  }

  @Override
  public synchronized void close() {
    if (client != null) {
      client.close();
    }
    if (vertx != null) {
      vertx.close();
    }
    resolving.shutdownNow();
  }
}

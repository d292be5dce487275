package io.ordinaut.worker.tool.http;

import io.ordinaut.failure.ErrorCode;
import io.ordinaut.worker.tool.ToolException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;

/**
 * Decides which addresses of a host a request may go to. What it answers is what is connected to,
 * so that a name that changes its addresses in between gains nothing.
 */
final class Guard {
  /** Addresses of a host that are tried at most. */
  private static final int MOST_TRIED = 4;

  private final AllowList allowed;
  private final Resolver resolver;
  private final Executor threads;

  /**
   * @param allowed beyond the public Internet
   * @param threads on which names are resolved, since that can't be interrupted
   */
  Guard(AllowList allowed, Resolver resolver, Executor threads) {
    this.allowed = allowed;
    this.resolver = resolver;
    this.threads = threads;
  }

  /**
   * The addresses that a request may go to, at least one.
   *
   * @param host a name or an address, an IPv6 one in brackets
   * @throws ToolException when there is none; a {@code tool_error}, since which addresses a name
   *     has is for the network to say and may be otherwise at the next try
   */
  List<InetAddress> addressesOf(String host, Deadline deadline) throws InterruptedException {
    CompletableFuture<List<InetAddress>> asked =
        CompletableFuture.supplyAsync(() -> resolve(host), threads);
    List<InetAddress> found =
        deadline.await(asked, () -> asked.cancel(false), "The name " + host + " was not resolved");
    List<InetAddress> open =
        found.stream()
            .filter(address -> PublicAddress.isPublic(address) || allowed.allows(host, address))
            .limit(MOST_TRIED)
            .toList();
    if (open.isEmpty()) {
      throw new ToolException(
          ErrorCode.TOOL_ERROR,
          "The host "
              + host
              + " is not on the public Internet, and ORDINAUT_WORKER_OUTBOUND_ALLOW does not name"
              + " it.");
    }
    return open;
  }

  private List<InetAddress> resolve(String host) {
    try {
      return resolver.resolve(host);
    } catch (UnknownHostException e) {
      throw new CompletionException(
          new ToolException(ErrorCode.TOOL_ERROR, "The host " + host + " is not known."));
    }
  }
}

package io.ordinaut.worker.tool.mcp;

import java.net.URI;
import java.util.Map;

/** How a server is reached; a session serves as long as that stays the same. */
sealed interface Target {
  /**
   * Over HTTP.
   *
   * @param headers of every request, with the values of secrets in them
   */
  record Http(URI url, Map<String, String> headers) implements Target {
    /** Without the headers, which may hold secrets. */
    @Override
    public String toString() {
      return "Http[" + url.getHost() + "]";
    }
  }

  /** As a process of this worker. */
  record Stdio(StdioServer server) implements Target {}
}

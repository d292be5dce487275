package io.ordinaut.worker.tool.mcp;

import io.ordinaut.worker.secret.Secrets;
import java.net.URI;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** How a server is reached; a session serves as long as that stays the same. */
sealed interface Target {
  /** Over what it is told, should the server repeat it. */
  default Secrets mask() {
    return Secrets.over(Set.of());
  }

  /**
   * Over HTTP.
   *
   * @param headers of every request, with the values of secrets in them
   */
  record Http(URI url, Map<String, String> headers) implements Target {
    private static final int SHORTEST_SECRET = 8;

    @Override
    public Secrets mask() {
      Set<String> told = new HashSet<>();
      for (String value : headers.values()) {
        told.add(value);
        // A scheme, such as Bearer, stands before the secret.
        told.add(value.substring(value.lastIndexOf(' ') + 1));
      }
      told.removeIf(value -> value.length() < SHORTEST_SECRET);
      return Secrets.over(told);
    }

    /** Without the headers, which may hold secrets. */
    @Override
    public String toString() {
      return "Http[" + url.getHost() + "]";
    }
  }

  /** As a process of this worker. */
  record Stdio(StdioServer server) implements Target {}
}

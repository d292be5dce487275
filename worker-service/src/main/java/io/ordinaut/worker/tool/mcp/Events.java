package io.ordinaut.worker.tool.mcp;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A stream of server-sent events (WHATWG HTML, section 9.2), as its lines arrive. */
final class Events {
  private static final int LONGEST_ID = 1_024;
  private static final Duration SHORTEST_RETRY = Duration.ofMillis(100);
  private static final Duration LONGEST_RETRY = Duration.ofMinutes(1);

  private final LineSource lines;
  private @Nullable String lastId;
  private @Nullable Duration retry;

  /** Of a body of the type {@code text/event-stream}. */
  Events(LineSource lines) {
    this.lines = lines;
  }

  /** The data of the next event that has any; null at the end of the stream. */
  @Nullable String next() throws InterruptedException {
    StringBuilder data = new StringBuilder();
    for (String line = lines.next(); line != null; line = lines.next()) {
      if (!line.isEmpty()) {
        read(line, data);
      } else if (data.length() > 0) {
        return data.toString();
      }
    }
    return null;
  }

  private void read(String line, StringBuilder data) {
    int colon = line.indexOf(':');
    String field = colon < 0 ? line : line.substring(0, colon);
    String value = colon < 0 ? "" : line.substring(colon + 1);
    if (value.startsWith(" ")) {
      value = value.substring(1);
    }
    if (field.equals("data")) {
      if (data.length() + value.length() > Messages.LARGEST) {
        throw new LinkException("The server's message is longer than 10 MiB.");
      }
      data.append(value).append('\n');
    } else if (field.equals("id") && mayBeSentBack(value)) {
      lastId = value;
    } else if (field.equals("retry") && value.matches("\\d{1,9}")) {
      retry = bounded(Duration.ofMillis(Long.parseLong(value)));
    }
  }

  private static Duration bounded(Duration wanted) {
    Duration least = wanted.compareTo(SHORTEST_RETRY) < 0 ? SHORTEST_RETRY : wanted;
    return least.compareTo(LONGEST_RETRY) < 0 ? least : LONGEST_RETRY;
  }

  /** It becomes the value of a header. */
  private static boolean mayBeSentBack(String id) {
    return id.length() <= LONGEST_ID && id.chars().allMatch(c -> c >= 0x20 && c < 0x7f);
  }

  /** The id of the last event that had one, by which the stream can be resumed. */
  @Nullable String lastId() {
    return lastId;
  }

  /** How long the server wants its clients to wait before they resume; null if it did not say. */
  @Nullable Duration retry() {
    return retry;
  }

  /** Where lines come from. */
  interface LineSource {
    /** The next line without its end; null after the last one. */
    @Nullable String next() throws InterruptedException;
  }
}

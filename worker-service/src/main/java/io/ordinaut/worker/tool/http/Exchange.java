package io.ordinaut.worker.tool.http;

import io.ordinaut.failure.ErrorCode;
import io.ordinaut.worker.tool.ToolException;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A request whose response has begun: its head is here, its body comes while it is read, by one
 * thread. A body that was compressed is read as it was before. Closing it, from whichever thread,
 * ends it: unless the body came whole, the connection is closed.
 */
public final class Exchange implements AutoCloseable {
  /** The most bytes of a body, and of a line of a body that never ends; decompressed. */
  public static final int LARGEST = 10 * 1024 * 1024;

  private final HttpClientRequest request;
  private final int status;
  private final Map<String, String> headers = new LinkedHashMap<>();
  private final BodyStream raw;
  private final Deadline deadline;
  private @Nullable InputStream decoded;
  private boolean afterReturn;

  Exchange(HttpClientRequest request, HttpClientResponse response, Deadline deadline) {
    this.request = request;
    this.deadline = deadline;
    this.status = response.statusCode();
    response
        .headers()
        .forEach(
            (name, value) ->
                headers.merge(name.toLowerCase(Locale.ROOT), value, (a, b) -> a + ", " + b));
    this.raw = new BodyStream(response, deadline);
  }

  /** The status code. */
  public int status() {
    return status;
  }

  /** The headers by their names in lower case; several of a name stand with commas between. */
  public Map<String, String> headers() {
    return headers;
  }

  /** A header, if it is there. */
  public @Nullable String header(String name) {
    return headers.get(name.toLowerCase(Locale.ROOT));
  }

  /**
   * The rest of the body, within the time that the request was given.
   *
   * @throws ToolException {@code output_invalid} when it is larger than 10 MiB or encoded in a way
   *     that is not read, {@code timeout}, {@code tool_error} when it breaks off
   */
  public byte[] bytes() throws InterruptedException {
    raw.until(deadline);
    raw.atMost(LARGEST);
    return Objects.requireNonNull(read(Exchange::all));
  }

  private static byte[] all(InputStream body) throws IOException {
    byte[] all = body.readNBytes(LARGEST + 1);
    if (all.length > LARGEST) {
      throw tooLarge();
    }
    return all;
  }

  /** As much of the rest of the body as fits into so many bytes. */
  public byte[] first(int most) throws InterruptedException {
    raw.until(deadline);
    return Objects.requireNonNull(read(body -> body.readNBytes(most)));
  }

  /**
   * The next line of the body, in UTF-8, without what ended it: CR, LF or both.
   *
   * @param longest how long to wait for it, whatever time the request was given
   * @return null at the end of the body
   * @throws ToolException {@code output_invalid} when it is longer than 10 MiB, {@code timeout},
   *     {@code tool_error} when the body breaks off
   */
  public @Nullable String line(Duration longest) throws InterruptedException {
    raw.until(Deadline.in(longest));
    return read(this::line);
  }

  private @Nullable String line(InputStream body) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int c = body.read(); c >= 0; c = body.read()) {
      boolean second = afterReturn && c == '\n';
      afterReturn = c == '\r';
      if (second) {
        continue;
      }
      if (c == '\n' || c == '\r') {
        return line.toString(StandardCharsets.UTF_8);
      }
      line.write(c);
      if (line.size() > LARGEST) {
        throw tooLarge();
      }
    }
    return line.size() == 0 ? null : line.toString(StandardCharsets.UTF_8);
  }

  private <T> @Nullable T read(Reading<T> reading) throws InterruptedException {
    try {
      if (decoded == null) {
        decoded = ContentEncoding.decoded(headers.getOrDefault("content-encoding", ""), raw);
      }
      return reading.from(decoded);
    } catch (InterruptedIOException e) {
      close();
      throw new InterruptedException();
    } catch (IOException e) {
      close();
      throw new ToolException(
          ErrorCode.TOOL_ERROR, "The answer can't be decompressed: " + e.getMessage());
    } catch (ToolException e) {
      close();
      throw e;
    }
  }

  static ToolException tooLarge() {
    return new ToolException(
        ErrorCode.OUTPUT_INVALID, "The answer is larger than 10 MiB, which is the most.");
  }

  @Override
  public void close() {
    if (!raw.isWhole()) {
      request.reset();
      raw.fail(new IOException("the exchange was closed."));
    }
  }

  /** Reads from the body. */
  private interface Reading<T> {
    @Nullable T from(InputStream body) throws IOException;
  }
}

package io.ordinaut.worker.tool.http;

import io.ordinaut.failure.ErrorCode;
import io.ordinaut.worker.tool.ToolException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/** How the body of a response was encoded for its way, RFC 9110 section 8.4.1. */
final class ContentEncoding {
  private static final int LONGEST_NAME = 100;
  private static final int DEFLATE = 8;

  private ContentEncoding() {}

  /**
   * The body as it was before.
   *
   * @param name that the response gives; empty for none
   * @throws ToolException {@code output_invalid} when it is one that is not read
   */
  static InputStream decoded(String name, InputStream raw) throws IOException {
    String encoding = name.strip().toLowerCase(Locale.ROOT);
    if (encoding.isEmpty() || encoding.equals("identity")) {
      return raw;
    }
    BufferedInputStream body = new BufferedInputStream(raw);
    body.mark(2);
    int first = body.read();
    int second = first < 0 ? first : body.read();
    body.reset();
    if (first < 0) {
      // The answer to a HEAD says how it would be encoded.
      return body;
    }
    return switch (encoding) {
      case "gzip", "x-gzip" -> new BufferedInputStream(new GZIPInputStream(body));
      case "deflate" ->
          new BufferedInputStream(
              new InflaterInputStream(body, new Inflater(!isZlib(first, second))));
      default ->
          throw new ToolException(
              ErrorCode.OUTPUT_INVALID,
              "The answer is encoded with "
                  + encoding.substring(0, Math.min(encoding.length(), LONGEST_NAME))
                  + "; only gzip, deflate and identity are read.");
    };
  }

  /** RFC 1950 section 2.2; some servers send what is inside it alone. */
  private static boolean isZlib(int first, int second) {
    return (first & 0x0F) == DEFLATE && (first * 256 + second) % 31 == 0;
  }
}

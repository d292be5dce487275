package io.ordinaut.worker.tool.mcp;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** Lines of bytes, none longer than a limit. A line ends with LF, CR LF or CR. */
final class Lines {
  private final InputStream in;
  private final int longest;
  private boolean cut;
  private boolean afterReturn;

  /**
   * @param in buffered
   * @param longest line, in bytes
   */
  Lines(InputStream in, int longest) {
    this.in = in;
    this.longest = longest;
  }

  /** The same, with longer lines cut to the limit. */
  Lines cuttingLongOnes() {
    cut = true;
    return this;
  }

  /**
   * The next line without its end; null after the last one.
   *
   * @throws IOException also when a line is longer than the limit
   */
  byte @Nullable [] next() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int read = in.read(); read >= 0; read = in.read()) {
      if (read == '\n' && afterReturn) {
        afterReturn = false;
      } else if (read == '\n' || read == '\r') {
        afterReturn = read == '\r';
        return line.toByteArray();
      } else {
        afterReturn = false;
        add(line, read);
      }
    }
    return line.size() > 0 ? line.toByteArray() : null;
  }

  private void add(ByteArrayOutputStream line, int read) throws IOException {
    if (line.size() < longest) {
      line.write(read);
    } else if (!cut) {
      throw new IOException("a message is longer than " + longest + " bytes.");
    }
  }
}

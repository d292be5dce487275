package io.ordinaut.worker.tool.http;

import io.ordinaut.failure.ErrorCode;
import io.ordinaut.failure.Seconds;
import io.ordinaut.worker.tool.ToolException;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The body of a response as it came over the wire. No more is taken from the connection than was
 * asked for, so a sender that is faster than its reader has to wait.
 */
final class BodyStream extends InputStream {
  /** Either it, a {@link Buffer} or what went wrong arrives. */
  private static final Object END = new Object();

  private final HttpClientResponse response;
  private final Context context;
  private final BlockingQueue<Object> arrived = new LinkedBlockingQueue<>();
  private byte[] current = {};
  private int at;
  private volatile boolean ended;
  private long left = Long.MAX_VALUE;
  private Deadline deadline;

  /** Called on the event loop that brought the head, before anything of the body is lost. */
  BodyStream(HttpClientResponse response, Deadline deadline) {
    this.response = response;
    this.deadline = deadline;
    this.context = Vertx.currentContext();
    response.pause();
    response.handler(arrived::add);
    response.endHandler(none -> end());
    response.exceptionHandler(this::fail);
  }

  private void end() {
    ended = true;
    arrived.add(END);
  }

  /** Lets the reader end with an error. */
  void fail(Throwable why) {
    arrived.add(why);
  }

  /** Whether everything has been received. */
  boolean isWhole() {
    return ended;
  }

  /** Until when the following reads may wait. */
  void until(Deadline other) {
    deadline = other;
  }

  /** Allows so many bytes from here on. */
  void atMost(long bytes) {
    left = bytes;
  }

  @Override
  public int read() throws InterruptedIOException {
    return hasMore() ? current[at++] & 0xFF : -1;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws InterruptedIOException {
    if (length == 0) {
      return 0;
    }
    if (!hasMore()) {
      return -1;
    }
    int count = Math.min(length, current.length - at);
    System.arraycopy(current, at, into, offset, count);
    at += count;
    return count;
  }

  private boolean hasMore() throws InterruptedIOException {
    while (at == current.length) {
      Object next = next();
      if (next == END) {
        arrived.add(END);
        return false;
      }
      if (next instanceof Throwable broken) {
        arrived.add(broken);
        throw new ToolException(
            ErrorCode.TOOL_ERROR, "The answer broke off: " + broken.getMessage());
      }
      current = ((Buffer) next).getBytes();
      at = 0;
      left -= current.length;
      if (left < 0) {
        throw Exchange.tooLarge();
      }
    }
    return true;
  }

  private Object next() throws InterruptedIOException {
    context.runOnContext(none -> response.fetch(1));
    try {
      Object next = arrived.poll(deadline.left().toNanos(), TimeUnit.NANOSECONDS);
      if (next == null) {
        throw new ToolException(
            ErrorCode.TIMEOUT,
            "The answer did not come within " + Seconds.of(deadline.whole()) + ".");
      }
      return next;
    } catch (InterruptedException e) {
      InterruptedIOException interrupted = new InterruptedIOException();
      interrupted.initCause(e);
      throw interrupted;
    }
  }
}

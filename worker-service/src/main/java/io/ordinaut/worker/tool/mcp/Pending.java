package io.ordinaut.worker.tool.mcp;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A request on its way. Written by the threads of its channel, read by the one that waits. */
final class Pending {
  private final Duration longest;
  private volatile @Nullable Object id;
  private volatile @Nullable LinkException failure;
  private @Nullable Runnable release;
  private boolean over;

  /** With the time that the answer may take. */
  Pending(Duration longest) {
    this.longest = longest;
  }

  Duration longest() {
    return longest;
  }

  /** The id of the request; null until it was sent. */
  @Nullable Object id() {
    return id;
  }

  void sent(Object requestId) {
    id = requestId;
  }

  /** Why there will be no answer; null while there may be one. */
  @Nullable LinkException failure() {
    return failure;
  }

  void failed(LinkException why) {
    failure = why;
  }

  /**
   * Notes what the request holds while it is under way.
   *
   * @return false when nobody waits for it any more: what it holds is to be released at once
   */
  synchronized boolean holds(Runnable toRelease) {
    release = toRelease;
    return !over;
  }

  /** Releases what it holds: it was answered, or nobody waits any more. */
  void end() {
    Runnable held;
    synchronized (this) {
      over = true;
      held = release;
      release = null;
    }
    if (held != null) {
      held.run();
    }
  }
}

package io.ordinaut.stream;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** One turn of listening: waits for a nudge and passes it on. */
public final class NudgeListener {
  private static final Duration BLOCK = Duration.ofSeconds(1);
  private static final Duration PAUSE_WITHOUT_REDIS = Duration.ofSeconds(1);
  private static final Duration PAUSE_WHEN_BUSY = Duration.ofMillis(20);

  private final NudgeStream nudges;
  private final String stream;
  private final String group;
  private final BooleanSupplier wanted;
  private final Runnable wake;

  /**
   * @param nudges the streams
   * @param stream to read
   * @param group shares the stream's nudges among its readers
   * @param wanted whether this reader can use one now; if not, it leaves them to others
   * @param wake called for each nudge
   */
  public NudgeListener(
      NudgeStream nudges, String stream, String group, BooleanSupplier wanted, Runnable wake) {
    this.nudges = nudges;
    this.stream = stream;
    this.group = group;
    this.wanted = wanted;
    this.wake = wake;
  }

  /**
   * Listens once, looks for itself when it can't listen, and says how long to pause before the next
   * time.
   */
  public Duration once() {
    if (!wanted.getAsBoolean()) {
      return PAUSE_WHEN_BUSY;
    }
    try {
      if (nudges.await(stream, group, BLOCK)) {
        wake.run();
      }
      return Duration.ZERO;
    } catch (StreamException e) {
      // Its sleep was meant for one who is nudged.
      wake.run();
      return PAUSE_WITHOUT_REDIS;
    }
  }
}

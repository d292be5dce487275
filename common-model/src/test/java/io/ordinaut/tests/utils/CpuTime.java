package io.ordinaut.tests.utils;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;

/** What work costs, however busy the machine is with something else. */
public final class CpuTime {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private CpuTime() {}

  /** How long a processor was at work for it; it must not leave this thread. */
  public static Duration of(Runnable work) {
    long begun = THREADS.getCurrentThreadCpuTime();
    work.run();
    return Duration.ofNanos(THREADS.getCurrentThreadCpuTime() - begun);
  }
}

package io.ordinaut.worker.observe;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.ordinaut.work.RunStatus;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/** Counts what becomes of runs. */
public final class RunObserver {
  private final Map<RunStatus, Counter> ended = new EnumMap<>(RunStatus.class);
  private final Timer duration;
  private final Counter leasesLost;
  private final Counter retries;
  private final Counter notTriggered;

  /** On the given registry. */
  public RunObserver(MeterRegistry meters) {
    for (RunStatus status : RunStatus.values()) {
      ended.put(status, meters.counter("ordinaut_runs", "status", status.stored()));
    }
    duration = meters.timer("ordinaut_run_duration");
    leasesLost = meters.counter("ordinaut_lease_lost");
    retries = meters.counter("ordinaut_retries");
    notTriggered = meters.counter("ordinaut_probes_not_triggered");
  }

  /** A run has its final state. */
  public void ended(RunStatus status, Duration took) {
    Objects.requireNonNull(ended.get(status)).increment();
    duration.record(took.isNegative() ? Duration.ZERO : took);
  }

  /** A condition was looked at and started no run. */
  public void notTriggered() {
    notTriggered.increment();
  }

  /** A run waits for another try. */
  public void parked() {
    retries.increment();
  }

  /** What a run had to say was refused, because its lease was no longer its own. */
  public void leaseLost() {
    leasesLost.increment();
  }

  /** How often that happened. */
  public double leasesLost() {
    return leasesLost.count();
  }
}

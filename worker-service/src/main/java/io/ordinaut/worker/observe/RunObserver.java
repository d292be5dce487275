package io.ordinaut.worker.observe;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.pipeline.StepOutcome;
import io.ordinaut.work.RunStatus;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Counts what becomes of runs and of their steps. */
public final class RunObserver {
  /** Tools that have a label of their own; what comes later shares one. */
  private static final int MOST_TOOLS = 100;

  private final MeterRegistry meters;
  private final Map<RunStatus, Counter> ended = new EnumMap<>(RunStatus.class);
  private final Timer duration;
  private final Counter leasesLost;
  private final Counter retries;
  private final Counter notTriggered;
  private final Set<String> tools = ConcurrentHashMap.newKeySet();
  private final Map<Tried, Timer> steps = new ConcurrentHashMap<>();
  private final AtomicLong finished = new AtomicLong();
  private final AtomicLong lost = new AtomicLong();

  /** On the given registry. */
  public RunObserver(MeterRegistry meters) {
    this.meters = meters;
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
    finished.incrementAndGet();
  }

  /** A step, an element of one, or what undoes either, was tried. */
  public void tried(String tool, StepOutcome outcome, Duration took) {
    steps
        .computeIfAbsent(new Tried(label(tool, outcome), status(outcome)), this::timer)
        .record(took.isNegative() ? Duration.ZERO : took);
  }

  private Timer timer(Tried tried) {
    return meters.timer("ordinaut_step_duration", "tool", tried.tool(), "status", tried.status());
  }

  /** The labels of a step's timer: looking it up in the registry costs more than counting. */
  private record Tried(String tool, String status) {}

  private static String status(StepOutcome outcome) {
    if (outcome instanceof StepOutcome.Succeeded) {
      return "success";
    }
    return outcome instanceof StepOutcome.Skipped ? "skipped" : "failed";
  }

  /** Names that nobody has heard of are whatever somebody wrote into a pipeline. */
  private String label(String tool, StepOutcome outcome) {
    if (tools.contains(tool)) {
      return tool;
    }
    if (!(outcome instanceof StepOutcome.Succeeded)
        && !(outcome instanceof StepOutcome.Failed failed
            && failed.code() != ErrorCode.UNKNOWN_TOOL)) {
      return "unknown";
    }
    if (tools.size() >= MOST_TOOLS) {
      return "other";
    }
    tools.add(tool);
    return tool;
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
    lost.incrementAndGet();
  }

  /** How often that happened. */
  public long leasesLost() {
    return lost.get();
  }

  /** How many runs have their final state. */
  public long finished() {
    return finished.get();
  }
}

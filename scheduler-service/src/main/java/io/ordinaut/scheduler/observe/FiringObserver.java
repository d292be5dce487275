package io.ordinaut.scheduler.observe;

import io.micrometer.core.instrument.MeterRegistry;
import io.ordinaut.schedule.ScheduleKind;
import io.ordinaut.scheduler.plan.DueTask;
import io.ordinaut.scheduler.plan.Plan;
import io.ordinaut.scheduler.plan.Skip;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Collectors;

/** Counts what becomes of occurrences, by the kind of schedule, or by the cause of a signal. */
public final class FiringObserver {
  private static final String FIRINGS = "ordinaut_firings";

  private final MeterRegistry meters;

  /** On the given registry. */
  public FiringObserver(MeterRegistry meters) {
    this.meters = meters;
  }

  /**
   * Occurrences were decided about, and that is stored.
   *
   * @param tasks whose they are
   * @param plans what became of them
   */
  public void decided(List<DueTask> tasks, List<Plan> plans) {
    Map<UUID, ScheduleKind> kinds =
        tasks.stream().collect(Collectors.toMap(DueTask::id, DueTask::kind));
    for (Plan plan : plans) {
      ScheduleKind kind = Objects.requireNonNull(kinds.get(plan.advance().taskId()));
      String name = kind.stored();
      count(name, "fired", plan.emissions().size());
      for (Skip skip : plan.skips()) {
        count(name, skip.reason().stored(), skip.count());
      }
    }
  }

  /** A signal became work. */
  public void fired(String cause) {
    count(cause, "fired", 1);
  }

  private void count(String kind, String outcome, int number) {
    if (number > 0) {
      meters.counter(FIRINGS, "kind", kind, "outcome", outcome).increment(number);
    }
  }
}

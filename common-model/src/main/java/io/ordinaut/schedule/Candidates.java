package io.ordinaut.schedule;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.Optional;
import java.util.Set;

/**
 * What a schedule names before a policy or an exception takes any of it away. Held against what it
 * fires, this tells every decision of the engine.
 *
 * @param schedule all that is named: over gaps shifted, in overlaps twice, excluded or not
 * @param wall the part that follows the clocks on the wall, empty where elapsed time counts
 * @param zone where those clocks hang
 * @param policy what really becomes of local times that a change of the clocks touches
 * @param excluded the instants taken away by an EXDATE
 */
record Candidates(
    Schedule schedule, WallPattern wall, ZoneId zone, DstPolicy policy, Set<Instant> excluded) {
  /** Leaves nothing out. */
  static final DstPolicy EVERYTHING = new DstPolicy(DstGap.SHIFT, DstOverlap.BOTH);

  /**
   * Those of any schedule.
   *
   * @param zone of the task, where the schedule names none
   */
  static Candidates of(Schedule schedule, ZoneId zone) {
    if (schedule instanceof Bounded bounded) {
      Candidates inner = of(bounded.schedule(), zone);
      Schedule within = new Bounded(inner.schedule(), bounded.startsAt(), bounded.endsAt());
      return new Candidates(within, inner.wall(), inner.zone(), inner.policy(), inner.excluded());
    }
    if (schedule instanceof Cron cron) {
      return cron.candidates();
    }
    if (schedule instanceof Rrule rrule) {
      return rrule.candidates();
    }
    return schedule instanceof Once once ? once.candidates(zone) : ofElapsedTime(schedule, zone);
  }

  /** Of a schedule that does not look at clocks on the wall. */
  static Candidates ofElapsedTime(Schedule schedule, ZoneId zone) {
    return new Candidates(schedule, from -> Optional.empty(), zone, DstPolicy.DEFAULT, Set.of());
  }

  /** Whether the clocks on the wall decide about a local time. */
  boolean names(LocalDateTime local) {
    return wall.atOrAfter(local).filter(local::equals).isPresent();
  }
}

package io.ordinaut.schedule;

import io.ordinaut.schedule.Preview.NonFiring;
import io.ordinaut.schedule.Preview.Occurrence;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Tells what was decided about the instants of a schedule. */
record Decisions(Candidates candidates) {
  /** An instant that fires, with what was decided about it. */
  Occurrence occurrence(Instant at) {
    List<String> notes = new ArrayList<>();
    ZoneOffsetTransition gap = gapJumpedBy(at);
    if (gap != null && candidates.policy().gap() == DstGap.SHIFT) {
      notes.add("dst_gap shifted " + minutes(gap.getDuration()) + " min");
    }
    ZoneOffset offset = offset(at);
    if (isShownTwice(at)) {
      notes.add("dst_overlap " + (isFirstPass(at) ? "first" : "last") + " of two");
    }
    return new Occurrence(at, local(at), offset, List.copyOf(notes));
  }

  /**
   * Why something that the schedule names does not fire; null when it does, or when no decision
   * stands behind it.
   *
   * @param fires whether the instant is an occurrence all the same
   */
  @Nullable NonFiring nonFiring(Instant at, boolean fires) {
    ZoneOffsetTransition gap = gapJumpedBy(at);
    if (gap != null && candidates.policy().gap() == DstGap.SKIP) {
      return new NonFiring(
          null, LocalDateTime.ofInstant(at, gap.getOffsetBefore()), null, "dst_gap skipped");
    }
    if (fires) {
      return null;
    }
    if (candidates.excluded().contains(at)) {
      return new NonFiring(at, local(at), offset(at), "exdate");
    }
    return isShownTwice(at)
        ? new NonFiring(
            at,
            local(at),
            offset(at),
            "dst_overlap not the " + (isFirstPass(at) ? "last" : "first"))
        : null;
  }

  /** The gap over which a named local time was shifted to an instant, or null. */
  private @Nullable ZoneOffsetTransition gapJumpedBy(Instant at) {
    ZoneOffsetTransition change = candidates.zone().getRules().previousTransition(at.plusNanos(1));
    if (change == null || !change.isGap()) {
      return null;
    }
    LocalDateTime named = LocalDateTime.ofInstant(at, change.getOffsetBefore());
    return named.isBefore(change.getDateTimeAfter()) && candidates.names(named) ? change : null;
  }

  private boolean isShownTwice(Instant at) {
    return validOffsets(at).size() == 2 && candidates.names(local(at));
  }

  private boolean isFirstPass(Instant at) {
    return validOffsets(at).get(0).equals(offset(at));
  }

  private List<ZoneOffset> validOffsets(Instant at) {
    return candidates.zone().getRules().getValidOffsets(local(at));
  }

  private ZoneOffset offset(Instant at) {
    return candidates.zone().getRules().getOffset(at);
  }

  private LocalDateTime local(Instant at) {
    return LocalDateTime.ofInstant(at, candidates.zone());
  }

  private static long minutes(Duration change) {
    return change.abs().toMinutes();
  }
}

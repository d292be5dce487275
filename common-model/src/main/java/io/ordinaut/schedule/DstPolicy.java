package io.ordinaut.schedule;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.util.List;

/** Places local times on the time line: none, one or two instants each. */
public record DstPolicy(DstGap gap, DstOverlap overlap) {
  /** Shift over a gap, first of an overlap. */
  public static final DstPolicy DEFAULT = new DstPolicy(DstGap.SHIFT, DstOverlap.FIRST);

  /** The instants that a local time stands for in a zone, in order. */
  public List<Instant> place(LocalDateTime local, ZoneId zone) {
    List<ZoneOffset> offsets = zone.getRules().getValidOffsets(local);
    switch (offsets.size()) {
      case 1:
        return List.of(local.toInstant(offsets.get(0)));
      case 0:
        if (gap == DstGap.SKIP) {
          return List.of();
        }
        ZoneOffsetTransition transition = zone.getRules().getTransition(local);
        return List.of(local.toInstant(transition.getOffsetBefore()));
      default:
        Instant first = local.toInstant(offsets.get(0));
        Instant last = local.toInstant(offsets.get(1));
        return switch (overlap) {
          case FIRST -> List.of(first);
          case LAST -> List.of(last);
          case BOTH -> List.of(first, last);
        };
    }
  }
}

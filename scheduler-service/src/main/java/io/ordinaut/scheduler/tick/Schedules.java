package io.ordinaut.scheduler.tick;

import io.ordinaut.schedule.Rrule;
import io.ordinaut.schedule.Schedule;
import io.ordinaut.schedule.ScheduleKind;
import io.ordinaut.task.Timing;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Schedules that were read lately. Reading a cron expression takes longer than finding what follows
 * an occurrence, and most expressions come again. Schedules never change, so ticks may share them.
 */
final class Schedules {
  private static final int MOST = 2_000;

  /** A list of a thousand dates would take more room than all the others. */
  private static final int LONGEST = 500;

  private final Map<Timing, Schedule> lately =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Timing, Schedule> eldest) {
          return size() > MOST;
        }
      };

  /** The schedule, without bounds; throws when its expression can't be read. */
  Schedule of(Timing timing) {
    if (timing.kind() == ScheduleKind.CONDITION || timing.expression().length() > LONGEST) {
      return timing.schedule();
    }
    Schedule read = read(timing.shared());
    return read instanceof Rrule set ? set.from(timing.anchor()) : read;
  }

  private Schedule read(Timing shared) {
    Schedule known = known(shared);
    if (known != null) {
      return known;
    }
    Schedule read = shared.schedule();
    synchronized (lately) {
      lately.put(shared, read);
    }
    return read;
  }

  private @Nullable Schedule known(Timing timing) {
    synchronized (lately) {
      return lately.get(timing);
    }
  }
}

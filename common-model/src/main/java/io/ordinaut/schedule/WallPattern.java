package io.ordinaut.schedule;

import java.time.LocalDateTime;
import java.util.Optional;

/** Local times that follow a rule, in whole seconds, without regard to any zone. */
interface WallPattern {
  /** The first local time of the pattern that is not before the given whole second. */
  Optional<LocalDateTime> atOrAfter(LocalDateTime from);
}

package io.ordinaut.api.event;

import io.ordinaut.api.http.Query;
import io.ordinaut.schedule.Topic;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Which events a list shows; null means all.
 *
 * @param topic as a regular expression of PostgreSQL that has to match as a whole
 * @param source exactly
 * @param occurredAfter strictly
 * @param occurredBefore strictly
 */
record EventFilter(
    @Nullable String topic,
    @Nullable String source,
    @Nullable Instant occurredAfter,
    @Nullable Instant occurredBefore) {
  static EventFilter of(Query query) {
    return new EventFilter(
        topic(query),
        query.text("source"),
        query.instant("occurred_after"),
        query.instant("occurred_before"));
  }

  private static @Nullable String topic(Query query) {
    String pattern = query.text("topic");
    if (pattern == null) {
      return null;
    }
    String fault = Topic.faultOfPattern(pattern);
    if (fault != null && Topic.faultOfName(pattern) != null) {
      query.fault("topic", fault);
    }
    return expression(pattern);
  }

  /** The expression for what {@link Topic#matches} accepts; of topics only dots need an escape. */
  static String expression(String pattern) {
    if (pattern.equals("#")) {
      return "^.*$";
    }
    boolean takesTheRest = pattern.endsWith(".#");
    String segments = takesTheRest ? pattern.substring(0, pattern.length() - 2) : pattern;
    return "^"
        + segments.replace(".", "\\.").replace("*", "[^.]*")
        + (takesTheRest ? "(\\..*)?$" : "$");
  }
}

package io.ordinaut.scheduler.event;

import java.time.Instant;
import java.util.UUID;

/**
 * An event that waits to be dispatched, without its payload.
 *
 * @param id of the event
 * @param topic what it is about
 * @param occurredAt when it was stored
 * @param depth how many runs led to it, one from the other
 */
record Event(UUID id, String topic, Instant occurredAt, int depth) {
  /** Runs that start each other through events are stopped here. */
  private static final int DEEPEST = 16;

  boolean isTooDeep() {
    return depth > DEEPEST;
  }
}

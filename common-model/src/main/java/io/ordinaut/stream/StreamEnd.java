package io.ordinaut.stream;

import org.jspecify.annotations.Nullable;

/**
 * Where a stream ends.
 *
 * @param position of the last id that was ever given in it; {@link Long#MAX_VALUE} for one that is
 *     no position of an event
 * @param eventId the field {@code id} of its last entry; null when it has none
 */
public record StreamEnd(long position, @Nullable String eventId) {
  private static final String NO_SEQUENCE = "-0";

  /**
   * From an id such as {@code 17-0}: milliseconds and sequence number to Redis, a position to us.
   */
  static StreamEnd of(String lastId, @Nullable String eventId) {
    String position = lastId.substring(0, lastId.indexOf('-'));
    boolean ours = lastId.endsWith(NO_SEQUENCE) && position.length() < 19;
    return new StreamEnd(ours ? Long.parseLong(position) : Long.MAX_VALUE, eventId);
  }
}

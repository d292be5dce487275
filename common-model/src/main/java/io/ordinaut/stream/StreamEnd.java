package io.ordinaut.stream;

import org.jspecify.annotations.Nullable;

/**
 * Where a stream ends.
 *
 * @param position of the last id that was ever given in it; {@link Long#MAX_VALUE} for one that is
 *     no position of an event
 * @param eventId the field {@code id} of the entry of that id, empty when it has none such; null
 *     when that entry is not there any more
 */
public record StreamEnd(long position, @Nullable String eventId) {
  /** Something else is where the stream should be. */
  static final StreamEnd FOREIGN = new StreamEnd(Long.MAX_VALUE, null);

  private static final String NO_SEQUENCE = "-0";

  /**
   * Whether it is seen without asking that others wrote this end: every entry of ours is an event
   * with a position up to the highest that was given.
   *
   * @param horizon the highest position that was given to an event
   */
  public boolean isForeign(long horizon) {
    return position > horizon || (eventId != null && eventId.isEmpty());
  }

  /**
   * From an id such as {@code 17-0}: milliseconds and sequence number to Redis, a position to us.
   */
  static StreamEnd of(String lastId, @Nullable String eventId) {
    String position = lastId.substring(0, lastId.indexOf('-'));
    boolean ours = lastId.endsWith(NO_SEQUENCE) && position.length() < 19;
    return new StreamEnd(ours ? Long.parseLong(position) : Long.MAX_VALUE, eventId);
  }
}

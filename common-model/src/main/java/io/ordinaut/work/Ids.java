package io.ordinaut.work;

import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Time-ordered identifiers, UUID version 7 of RFC 9562: new rows land at the end of an index. */
public final class Ids {
  /** The built-in agent that owns what nobody else does. */
  public static final UUID SYSTEM_AGENT = UUID.fromString("00000000-0000-0000-0000-000000000001");

  private Ids() {}

  /** A new identifier of this moment. */
  public static UUID next() {
    return at(Instant.now(), ThreadLocalRandom.current());
  }

  /**
   * A new identifier of the given moment, section 5.7: 48 bits of milliseconds, then 12 bits of the
   * fraction of a millisecond (section 6.2, method 3), then random bits.
   */
  public static UUID at(Instant moment, RandomGenerator random) {
    long millis = moment.toEpochMilli();
    long fraction = (moment.getNano() % 1_000_000) * 4096L / 1_000_000;
    long high = (millis << 16) | 0x7000L | fraction;
    long low = (random.nextLong() & 0x3fff_ffff_ffff_ffffL) | 0x8000_0000_0000_0000L;
    return new UUID(high, low);
  }

  /** The moment in a version 7 identifier; null for any other version. */
  public static @Nullable Instant momentOf(UUID id) {
    return id.version() == 7 ? Instant.ofEpochMilli(id.getMostSignificantBits() >>> 16) : null;
  }
}

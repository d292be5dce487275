package io.ordinaut.worker.lease;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a claim brought.
 *
 * @param leases now held
 * @param untilNext how long until more work is due, a second at most
 * @param keyedDue whether work with a concurrency key is due
 */
public record Claim(List<Lease> leases, Duration untilNext, boolean keyedDue) {
  /**
   * The same with more leases.
   *
   * @param atOnce whether there may be more already
   */
  public Claim plus(List<Lease> more, boolean atOnce) {
    return new Claim(
        Stream.concat(leases.stream(), more.stream()).toList(),
        atOnce ? Duration.ZERO : untilNext,
        keyedDue);
  }
}

package io.ordinaut.worker.lease;

import java.time.Duration;
import java.util.List;

/**
 * What a claim brought.
 *
 * @param leases now held
 * @param untilNext how long until more work is due, a second at most
 */
public record Claim(List<Lease> leases, Duration untilNext) {}

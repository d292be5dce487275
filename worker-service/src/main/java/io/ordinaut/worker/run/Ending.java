package io.ordinaut.worker.run;

import io.ordinaut.worker.lease.Lease;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A run that is over but not yet written.
 *
 * @param lease under which it ran
 * @param startedAt when it first started
 * @param end how it ended
 * @param log the tries that no checkpoint has written
 * @param written whether the lease was still held; completes once the database has answered
 */
record Ending(
    Lease lease,
    Instant startedAt,
    RunOutcome.Ended end,
    List<LogEntry> log,
    CompletableFuture<Boolean> written) {
  @Nullable String errorCode() {
    return end.code() == null ? null : end.code().code();
  }
}

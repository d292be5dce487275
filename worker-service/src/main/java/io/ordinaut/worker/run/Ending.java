package io.ordinaut.worker.run;

import io.ordinaut.json.Json;
import io.ordinaut.json.Storable;
import io.ordinaut.work.RunStatus;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.step.Outputs;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Work that is over but not yet written.
 *
 * @param lease under which it ran
 * @param startedAt when it first started
 * @param run how its run ended; null when it leaves none
 * @param log the tries that no checkpoint has written
 * @param written whether the lease was still held; completes once the database has answered
 */
record Ending(
    Lease lease,
    Instant startedAt,
    RunOutcome.@Nullable Ended run,
    List<LogEntry> log,
    CompletableFuture<Boolean> written) {
  /** About how many bytes it brings with it. */
  int bytes() {
    int bytes = run == null ? 0 : Outputs.sizeOf(run.outputs());
    for (LogEntry entry : log) {
      bytes += entry.bytes();
    }
    return bytes;
  }

  String workStatus() {
    return status().workStatus();
  }

  String taskStatus() {
    return status().taskStatus().stored();
  }

  private RunStatus status() {
    return run == null ? RunStatus.SUCCESS : run.status();
  }

  @Nullable String runStatus() {
    return run == null ? null : run.status().stored();
  }

  @Nullable String outputs() {
    return run == null ? null : Json.write(run.outputs());
  }

  @Nullable String errorCode() {
    return run == null || run.code() == null ? null : run.code().code();
  }

  @Nullable String message() {
    return run == null || run.message() == null ? null : Storable.asStored(run.message());
  }
}

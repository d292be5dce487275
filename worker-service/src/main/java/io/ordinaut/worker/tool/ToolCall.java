package io.ordinaut.worker.tool;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.worker.secret.Secrets;
import java.time.Duration;
import java.util.UUID;

/**
 * One call of a tool.
 *
 * @param input the rendered {@code with}
 * @param idempotencyKey the same whenever this call is made again, after a retry or a crash
 * @param timeout after which the calling thread is interrupted
 * @param runId of the run that calls
 * @param agentId whose run it is
 * @param depth how many runs and events led to this one
 * @param secrets of the run; what the tool reveals of its own is masked from then on
 */
public record ToolCall(
    JsonNode input,
    String idempotencyKey,
    Duration timeout,
    UUID runId,
    UUID agentId,
    int depth,
    Secrets secrets) {}

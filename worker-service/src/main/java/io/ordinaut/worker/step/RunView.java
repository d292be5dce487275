package io.ordinaut.worker.step;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.pipeline.Context;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.secret.Secrets;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a run shows to a call. Read by several threads at once.
 *
 * @param lease under which it goes on
 * @param context its values
 * @param now the time that its expressions see: the same whenever this call is made again
 * @param secrets of the run
 */
public record RunView(Lease lease, Context context, Instant now, Secrets secrets) {
  /** The values with the secrets of those names. */
  ObjectNode revealing(Set<String> names) {
    return context.at(now, secrets.reveal(names));
  }

  /** The values with masks for the secrets of those names. */
  ObjectNode masking(Set<String> names) {
    return context.at(now, secrets.masked(names));
  }

  /** An output without any secret in it. */
  JsonNode mask(JsonNode value) {
    return secrets.mask(value);
  }

  /** A sentence without any secret in it. */
  String mask(@Nullable String sentence) {
    return secrets.mask(String.valueOf(sentence));
  }
}

package io.ordinaut.api.tool;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.json.Json;
import io.ordinaut.store.Columns;
import io.ordinaut.store.Statements;
import io.ordinaut.work.Ids;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.util.UUID;

/** Statements on work without a task: it enters as a signal, and its run says how it ended. */
final class CallTable {
  /** Somebody waits for it, so it goes before what is merely due. */
  private static final String SIGNAL =
      """
      INSERT INTO signal (id, agent_id, cause, priority, payload)
      VALUES ($1, $2, 'manual', 3, $3::text::jsonb)""";

  private static final String HAS_ENDED =
      """
      SELECT EXISTS (SELECT FROM task_run WHERE id = $1 AND created_at >= $2) AS ended""";

  private CallTable() {}

  /** Asks for a run; its id is known at once. */
  static UUID signal(Statements db, UUID agentId, JsonNode payload) {
    UUID id = Ids.next();
    db.execute(SIGNAL, Tuple.of(id, agentId, Json.write(payload)));
    return id;
  }

  /** Whether a run is over. */
  static boolean hasEnded(Statements db, UUID id, Instant notBefore) {
    return db.first(
            HAS_ENDED, Tuple.of(id, Columns.argument(notBefore)), row -> row.getBoolean("ended"))
        .orElse(false);
  }
}

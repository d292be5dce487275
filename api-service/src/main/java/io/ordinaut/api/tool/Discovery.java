package io.ordinaut.api.tool;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.json.Json;
import io.ordinaut.pipeline.BuiltIn;
import io.ordinaut.store.Statements;
import io.ordinaut.work.Ids;
import java.util.UUID;

/** Asks a worker to look which tools an MCP server has. */
final class Discovery {
  private Discovery() {}

  /** Asks; the run that does it is known at once. */
  static UUID of(Statements tx, String server) {
    ObjectNode payload = Json.object();
    ObjectNode step = payload.putArray("pipeline").addObject();
    step.put("id", "discover")
        .put("uses", BuiltIn.MCP_DISCOVER.toolName())
        .putObject("with")
        .put("server", server);
    return CallTable.signal(tx, Ids.SYSTEM_AGENT, payload);
  }
}

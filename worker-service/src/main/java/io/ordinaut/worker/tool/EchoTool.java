package io.ordinaut.worker.tool;

import com.fasterxml.jackson.databind.JsonNode;

/** {@code echo-tool}: answers with its input. */
final class EchoTool implements Tool {
  @Override
  public JsonNode call(ToolCall call) {
    return call.input();
  }

  @Override
  public boolean isPure() {
    return true;
  }
}

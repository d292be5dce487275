package io.ordinaut.worker.tool;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * A tool as the catalogue has it.
 *
 * @param name {@code server.tool}
 * @param server the MCP server that has it; null for a tool that is an HTTP call
 * @param inputSchema JSON Schema of its arguments
 * @param outputSchema JSON Schema of its output; null when it has none
 * @param request of an HTTP tool: {@code {method, url_template, headers}}; null for MCP
 */
public record CatalogueEntry(
    String name,
    @Nullable String server,
    JsonNode inputSchema,
    @Nullable JsonNode outputSchema,
    @Nullable JsonNode request) {
  /** The tool's name on its own server. */
  public String toolName() {
    return name.substring(name.indexOf('.') + 1);
  }
}

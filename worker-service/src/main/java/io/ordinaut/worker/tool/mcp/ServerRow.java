package io.ordinaut.worker.tool.mcp;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * A server as it was registered.
 *
 * @param url where it listens; null for a process that workers start
 * @param headers of every request, with templates over secrets
 */
record ServerRow(String name, @Nullable String url, JsonNode headers) {}

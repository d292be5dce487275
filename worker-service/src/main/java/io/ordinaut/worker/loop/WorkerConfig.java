package io.ordinaut.worker.loop;

import io.ordinaut.worker.tool.mcp.StdioServer;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** Settings of worker-service. */
@ConfigMapping(prefix = "ordinaut.worker")
public interface WorkerConfig {
  /** Whether this process works at all. */
  @WithDefault("true")
  boolean enabled();

  /**
   * A name that no other worker has. Leases that an earlier process of this name left behind are
   * free at once, instead of when they run out.
   */
  Optional<String> name();

  /** How many runs go on at once. */
  @WithDefault("32")
  int capacity();

  /** The most work that one claim takes. */
  @WithDefault("500")
  int batchSize();

  /** How long a lease lasts unless it is renewed. */
  @WithDefault("PT30S")
  Duration lease();

  /** How long runs may go on after the worker was told to stop. */
  @WithDefault("PT20S")
  Duration grace();

  /** How often the worker says that it is there. */
  @WithDefault("PT5S")
  Duration heartbeat();

  /** The longest sleep between two claims; half of it while Redis can't be reached. */
  @WithDefault("PT1S")
  Duration poll();

  /**
   * What tools may reach beyond the public Internet: host names, {@code *.suffixes}, addresses and
   * CIDR ranges, with commas between.
   */
  Optional<String> outboundAllow();

  /** Whether tools that exist for tests only can be called. */
  @WithDefault("false")
  boolean testTools();

  /**
   * MCP servers that this worker starts as processes, by name. Where they come from environment
   * variables, as in {@code ORDINAUT_WORKER_MCP_FILES_COMMAND}, the names are in lower case.
   */
  Map<String, StdioServer> mcp();
}

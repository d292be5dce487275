package io.ordinaut.worker.tool;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.store.Statements;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** The catalogue of tools, looked up by name; what it answers may be a second old. */
public final class Catalogue {
  private static final long FRESH_NANOS = Duration.ofSeconds(1).toNanos();
  private static final int KEPT = 1_000;

  private final Statements db;
  private final Map<String, Seen> byName = new ConcurrentHashMap<>();

  /** In the given database. */
  public Catalogue(Statements db) {
    this.db = db;
  }

  /** The tool of a name, if there is one. */
  public Optional<CatalogueEntry> find(String name) {
    Seen seen = byName.get(name);
    if (seen != null && System.nanoTime() - seen.atNanos < FRESH_NANOS) {
      return seen.entry;
    }
    Optional<CatalogueEntry> found = CatalogueTable.find(db, name);
    if (byName.size() >= KEPT) {
      byName.clear();
    }
    byName.put(name, new Seen(found, System.nanoTime()));
    return found;
  }

  /** The headers that tools of those names, or of all MCP servers, are sent; read anew. */
  List<JsonNode> headers(Set<String> names, boolean allServers) {
    Set<String> servers =
        names.stream()
            .filter(name -> name.indexOf('.') > 0)
            .map(name -> name.substring(0, name.indexOf('.')))
            .collect(Collectors.toSet());
    return CatalogueTable.headers(db, names, servers, allServers);
  }

  private record Seen(Optional<CatalogueEntry> entry, long atNanos) {}
}

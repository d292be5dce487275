package io.ordinaut.worker.tool;

import io.ordinaut.store.Statements;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

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

  private record Seen(Optional<CatalogueEntry> entry, long atNanos) {}
}

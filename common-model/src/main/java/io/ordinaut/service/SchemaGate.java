package io.ordinaut.service;

import io.ordinaut.store.Db;
import io.ordinaut.store.SchemaCheck;
import java.time.Duration;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/** Holds a service's loops back until the schema is there. */
public final class SchemaGate {
  private static final Logger LOG = Logger.getLogger(SchemaGate.class);
  private static final Duration LOOK_AGAIN = Duration.ofMillis(250);

  private final SchemaCheck schema;
  private boolean open;
  private boolean said;

  /** Asks the given database. */
  public SchemaGate(Db db) {
    this.schema = new SchemaCheck(db);
  }

  /** The same turn of a loop, which waits for the schema before its first time. */
  public Supplier<Duration> before(Supplier<Duration> turn) {
    return () -> isOpen() ? turn.get() : LOOK_AGAIN;
  }

  /** Whether the schema was seen; asks until it was. */
  public synchronized boolean isOpen() {
    if (!open) {
      open = schema.isThere();
      if (!open && !said) {
        said = true;
        LOG.debug("Waiting for the database schema, which api-service creates.");
      }
    }
    return open;
  }
}

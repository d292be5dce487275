package io.ordinaut.scheduler.retention;

import io.ordinaut.service.SchemaGate;
import io.ordinaut.store.Db;
import io.ordinaut.store.DbException;
import io.ordinaut.store.Partitions;
import io.quarkus.scheduler.Scheduled;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import org.jboss.logging.Logger;

/** Makes the partitions of the coming days, every hour. */
@ApplicationScoped
public class PartitionKeeper {
  private static final Logger LOG = Logger.getLogger(PartitionKeeper.class);

  private final Db db;
  private final SchemaGate gate;

  @Inject
  PartitionKeeper(Db db) {
    this.db = db;
    this.gate = new SchemaGate(db);
  }

  @Scheduled(every = "1h", delayed = "30s", identity = "partitions")
  void keepAhead() {
    try {
      if (gate.isOpen()) {
        Partitions.ensure(db);
      }
    } catch (DbException e) {
      LOG.warnf("Partitions could not be made now; tried again in an hour: %s", e.getMessage());
    }
  }
}

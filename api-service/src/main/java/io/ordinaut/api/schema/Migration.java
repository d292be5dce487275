package io.ordinaut.api.schema;

import io.ordinaut.service.Bell;
import io.ordinaut.service.Loop;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.time.Duration;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jboss.logging.Logger;

/** Brings the schema up to date at start, as soon as PostgreSQL answers. */
@ApplicationScoped
public class Migration {
  private static final Logger LOG = Logger.getLogger(Migration.class);
  private static final Duration RETRY = Duration.ofSeconds(1);

  private final Flyway flyway;
  private final boolean wanted;
  private final Bell bell = new Bell();
  private final Loop loop = new Loop("ordinaut-migration", bell, this::turn);
  private boolean done;

  @Inject
  Migration(
      Flyway flyway,
      @ConfigProperty(name = "ordinaut.migrate", defaultValue = "true") boolean wanted) {
    this.flyway = flyway;
    this.wanted = wanted;
  }

  void start(@Observes StartupEvent event) {
    if (wanted) {
      loop.start();
    }
  }

  void stop(@Observes ShutdownEvent event) {
    loop.close();
  }

  private Duration turn() {
    if (done) {
      return Loop.UNTIL_RUNG;
    }
    try {
      int applied = flyway.migrate().migrationsExecuted;
      LOG.debugf("%s migrations applied.", applied);
      done = true;
      return Loop.UNTIL_RUNG;
    } catch (FlywayException e) {
      LOG.warnf("The schema could not be migrated yet: %s", firstLine(e));
      return RETRY;
    }
  }

  private static String firstLine(FlywayException e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }
}

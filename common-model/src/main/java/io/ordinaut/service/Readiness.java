package io.ordinaut.service;

import io.ordinaut.store.Db;
import io.ordinaut.store.DbException;
import io.ordinaut.store.SchemaCheck;
import io.ordinaut.stream.NudgeStream;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;

/** Ready means: PostgreSQL answers and holds the schema. Redis only hurries; it is reported. */
@org.eclipse.microprofile.health.Readiness
@ApplicationScoped
public class Readiness implements HealthCheck {
  private final Db db;
  private final NudgeStream nudges;

  @Inject
  Readiness(Db db, NudgeStream nudges) {
    this.db = db;
    this.nudges = nudges;
  }

  @Override
  public HealthCheckResponse call() {
    String schema;
    try {
      schema = new SchemaCheck(db).isThere() ? "ready" : "waiting for migrations";
    } catch (DbException e) {
      schema = "unreachable";
    }
    return HealthCheckResponse.named("ordinaut")
        .status(schema.equals("ready"))
        .withData("postgresql", schema)
        .withData("redis", nudges.isReachable() ? "ready" : "unreachable, polling instead")
        .build();
  }
}

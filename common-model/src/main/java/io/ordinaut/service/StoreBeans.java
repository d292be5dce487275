package io.ordinaut.service;

import io.ordinaut.store.Db;
import io.ordinaut.stream.EventStream;
import io.ordinaut.stream.NudgeStream;
import io.vertx.redis.client.Redis;
import io.vertx.sqlclient.Pool;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Duration;

/** PostgreSQL and Redis as the services see them. */
final class StoreBeans {
  /** Above the server's own statement_timeout, so that the server usually says why. */
  private static final Duration STATEMENT_DEADLINE = Duration.ofSeconds(17);

  private static final Duration NUDGE_DEADLINE = Duration.ofSeconds(2);

  /** Two of them end before the database cuts off the transaction that waits for them. */
  private static final Duration EVENTS_DEADLINE = Duration.ofSeconds(3);

  @Produces
  @Singleton
  Db db(Pool pool) {
    return new Db(pool, STATEMENT_DEADLINE);
  }

  @Produces
  @Singleton
  NudgeStream nudges(Redis redis) {
    return new NudgeStream(redis, NUDGE_DEADLINE);
  }

  @Produces
  @Singleton
  EventStream events(Redis redis) {
    return new EventStream(redis, EVENTS_DEADLINE);
  }
}

package io.ordinaut.tests.components;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.ordinaut.scheduler.loop.SchedulerConfig;
import io.ordinaut.scheduler.loop.SchedulerLoop;
import io.ordinaut.store.Db;
import io.ordinaut.tests.utils.Fixtures;
import io.ordinaut.tests.utils.Harness;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.sqlclient.Pool;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class IdleSchedulerTest {
  private static final int SECONDS = 6;

  /** Two threads, each of which may have looked just before and just after the stretch. */
  private static final int AT_ITS_ENDS = 2;

  private final AtomicInteger asked = new AtomicInteger();

  @Test
  void an_idle_scheduler_makes_at_most_two_statements_a_second() throws Exception {
    try (Harness db = new Harness()) {
      Fixtures.createTestTask(db, "much later", 3_600_000);
      Db counted = new Db(counting(db.pool()), Duration.ofSeconds(10));
      try (SchedulerLoop loop =
          new SchedulerLoop(config(), counted, db.nudges(), new SimpleMeterRegistry())) {
        loop.start();
        // What is asked once at the start, for the schema.
        await().pollDelay(Duration.ofSeconds(2)).until(() -> asked.get() > 0);
        int before = asked.get();
        long start = System.nanoTime();
        await().pollDelay(Duration.ofSeconds(SECONDS)).until(() -> true);
        int statements = asked.get() - before;
        int seconds = (int) Duration.ofNanos(System.nanoTime() - start).toSeconds() + 1;
        assertThat(statements).isBetween(SECONDS, 2 * seconds + AT_ITS_ENDS);
      }
    }
  }

  private static SchedulerConfig config() {
    return new SmallRyeConfigBuilder()
        .withMapping(SchedulerConfig.class)
        .build()
        .getConfigMapping(SchedulerConfig.class);
  }

  /** Every statement is asked of the pool, or of a connection from it. */
  private Pool counting(Pool pool) {
    return (Pool)
        Proxy.newProxyInstance(
            Pool.class.getClassLoader(),
            new Class<?>[] {Pool.class},
            (proxy, method, arguments) -> {
              asked.incrementAndGet();
              return method.invoke(pool, arguments);
            });
  }
}

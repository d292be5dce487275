package io.ordinaut.tests.components;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.ordinaut.scheduler.loop.SchedulerConfig;
import io.ordinaut.scheduler.loop.SchedulerLoop;
import io.ordinaut.store.Db;
import io.ordinaut.tests.utils.Fixtures;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.worker.loop.WorkerConfig;
import io.ordinaut.worker.loop.WorkerLoop;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.sqlclient.Pool;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** What those cost who have nothing to do. */
class IdleServicesTest {
  private static final int SECONDS = 6;

  /** Two threads, each of which may have looked just before and just after the stretch. */
  private static final int AT_ITS_ENDS = 2;

  @AutoClose private final Harness db = new Harness();

  @Test
  void an_idle_service_makes_at_most_two_statements_a_second() {
    Fixtures.createTestTask(db, "much later", 3_600_000);
    AtomicInteger scheduler = new AtomicInteger();
    AtomicInteger worker = new AtomicInteger();
    try (SchedulerLoop scheduling =
            new SchedulerLoop(
                config(SchedulerConfig.class),
                counted(scheduler),
                db.nudges(),
                db.events(),
                new SimpleMeterRegistry());
        WorkerLoop working =
            new WorkerLoop(
                config(WorkerConfig.class),
                counted(worker),
                db.nudges(),
                db.box(),
                new SimpleMeterRegistry())) {
      scheduling.start();
      working.start();
      // So many are made only when every loop has had its first turn, which asks more.
      await().until(() -> scheduler.get() >= 10 && worker.get() >= 5);
      long start = System.nanoTime();
      int ofSchedulerBefore = scheduler.get();
      int ofWorkerBefore = worker.get();
      await()
          .pollDelay(Duration.ofSeconds(SECONDS))
          .until(
              () ->
                  scheduler.get() - ofSchedulerBefore >= SECONDS
                      && worker.get() - ofWorkerBefore >= SECONDS);
      int ofScheduler = scheduler.get() - ofSchedulerBefore;
      int ofWorker = worker.get() - ofWorkerBefore;
      int seconds = (int) Duration.ofNanos(System.nanoTime() - start).toSeconds() + 1;
      assertThat(ofScheduler).isLessThanOrEqualTo(2 * seconds + AT_ITS_ENDS);
      assertThat(ofWorker).isLessThanOrEqualTo(2 * seconds + AT_ITS_ENDS);
    }
  }

  private static <T> T config(Class<T> settings) {
    return new SmallRyeConfigBuilder().withMapping(settings).build().getConfigMapping(settings);
  }

  /** Every statement is asked of the pool, or of a connection from it. */
  private Db counted(AtomicInteger asked) {
    Pool pool =
        (Pool)
            Proxy.newProxyInstance(
                Pool.class.getClassLoader(),
                new Class<?>[] {Pool.class},
                (proxy, method, arguments) -> {
                  asked.incrementAndGet();
                  return method.invoke(db.pool(), arguments);
                });
    return new Db(pool, Duration.ofSeconds(10));
  }
}

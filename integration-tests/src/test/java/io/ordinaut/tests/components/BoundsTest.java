package io.ordinaut.tests.components;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ordinaut.scheduler.loop.SchedulerBounds;
import io.ordinaut.scheduler.loop.SchedulerConfig;
import io.ordinaut.worker.loop.WorkerBounds;
import io.ordinaut.worker.loop.WorkerConfig;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.config.SmallRyeConfigBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Settings with which a service would only seem to run. */
class BoundsTest {
  private static void check(String name, String value) {
    var config =
        new SmallRyeConfigBuilder()
            .withMapping(SchedulerConfig.class)
            .withMapping(WorkerConfig.class)
            .withDefaultValue(name, value)
            .build();
    SchedulerBounds.check(config.getConfigMapping(SchedulerConfig.class));
    WorkerBounds.check(config.getConfigMapping(WorkerConfig.class));
  }

  @Test
  void the_defaults_are_right() {
    assertThatCode(() -> check("ordinaut.unknown", "x")).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @CsvSource({
    "ordinaut.worker.capacity, 0, ORDINAUT_WORKER_CAPACITY",
    "ordinaut.worker.batch-size, 0, ORDINAUT_WORKER_BATCH_SIZE",
    "ordinaut.worker.lease, PT0S, ORDINAUT_WORKER_LEASE",
    "ordinaut.worker.heartbeat, PT0S, ORDINAUT_WORKER_HEARTBEAT",
    "ordinaut.worker.poll, PT0S, ORDINAUT_WORKER_POLL",
    "ordinaut.worker.grace, PT-1S, ORDINAUT_WORKER_GRACE",
    "ordinaut.scheduler.batch-size, 0, ORDINAUT_SCHEDULER_BATCH_SIZE",
    "ordinaut.scheduler.poll, PT0S, ORDINAUT_SCHEDULER_POLL",
    "ordinaut.scheduler.retention.dedupe, PT192H, ORDINAUT_SCHEDULER_RETENTION_DEDUPE",
    "ordinaut.scheduler.retention.runs, PT59M, ORDINAUT_SCHEDULER_RETENTION_RUNS"
  })
  void what_can_not_be_is_refused_by_the_name_of_its_variable(
      String name, String value, String variable) {
    assertThatThrownBy(() -> check(name, value))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageStartingWith(variable + " must be ")
        .hasMessageEndingWith(", not " + value + ".");
  }
}

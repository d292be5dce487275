package io.ordinaut.standalone;

import io.ordinaut.scheduler.loop.SchedulerBounds;
import io.ordinaut.scheduler.loop.SchedulerConfig;
import io.ordinaut.worker.loop.WorkerBounds;
import io.ordinaut.worker.loop.WorkerConfig;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;

/**
 * Looks at the services' settings before the servers start, which takes seconds. Quarkus reads them
 * when these are there, since it has to know where.
 */
final class SettingsCheck {
  private SettingsCheck() {}

  /**
   * Looks at all of them.
   *
   * @throws StartException with a sentence on the first that can't be
   */
  static void run() {
    try {
      SmallRyeConfig settings =
          new SmallRyeConfigBuilder()
              .addDefaultInterceptors()
              .addSystemSources()
              .addDiscoveredConverters()
              .withMapping(SchedulerConfig.class)
              .withMapping(WorkerConfig.class)
              .withValidateUnknown(false)
              .build();
      SchedulerBounds.check(settings.getConfigMapping(SchedulerConfig.class));
      WorkerBounds.check(settings.getConfigMapping(WorkerConfig.class));
    } catch (ConfigurationException e) {
      throw new StartException(String.valueOf(e.getMessage()));
    } catch (ConfigValidationException e) {
      throw new StartException(e.getProblem(0).getMessage());
    }
  }
}

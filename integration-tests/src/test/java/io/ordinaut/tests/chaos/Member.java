package io.ordinaut.tests.chaos;

import io.ordinaut.tests.utils.ServiceProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A place in the fleet: one service's process after the other. */
final class Member {
  private final String module;
  private final Map<String, String> environment;
  private final Path scratch;
  private final List<ServiceProcess> past = new ArrayList<>();
  private ServiceProcess process;
  private Duration skew = Duration.ZERO;
  private boolean frozen;

  Member(String module, Map<String, String> environment, Path scratch) {
    this.module = module;
    this.environment = environment;
    this.scratch = scratch;
    this.process = ServiceProcess.start(module, environment, List.of());
  }

  /** The next process in this place, with a clock that is off by so much. */
  void restart(Duration offset) {
    past.add(process);
    skew = offset;
    process =
        ServiceProcess.start(
            module,
            environment,
            offset.isZero() ? List.of() : SkewedClock.options(scratch, offset));
  }

  ServiceProcess process() {
    return process;
  }

  boolean isWorker() {
    return module.startsWith("worker");
  }

  Duration skew() {
    return skew;
  }

  /** Whether it does its job: only then is a fault one. */
  boolean isAtWork() {
    return process.isAlive() && !frozen && process.status("/health/ready") == 200;
  }

  void freeze() {
    frozen = true;
    process.signal("STOP");
  }

  void thaw() {
    process.signal("CONT");
    frozen = false;
  }

  boolean isStopped() {
    return Signals.state(process.pid()).startsWith("T");
  }

  /** Writes what its processes have printed into a directory, a file each. */
  void keepOutput(Path directory) throws IOException {
    for (ServiceProcess one : past) {
      keepOutput(one, directory);
    }
    keepOutput(process, directory);
  }

  private void keepOutput(ServiceProcess one, Path directory) throws IOException {
    Files.writeString(directory.resolve(module + "-" + one.pid() + ".log"), one.output());
  }

  @Override
  public String toString() {
    return module + " " + process.pid();
  }
}

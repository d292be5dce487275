package io.ordinaut.standalone;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * A server that a killed standalone left running, or the pid file of one that is dead. The lock on
 * the data directory is held, so whatever still runs there belongs to nobody.
 */
final class Leftover {
  private static final Logger LOG = Logger.getLogger(Leftover.class);
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Duration GLANCE = Duration.ofMillis(20);

  private final Path pidFile;
  private final Path binaries;

  /**
   * @param pidFile the server's own
   * @param binaries where our executables are: a process of another program is left alone
   */
  Leftover(Path pidFile, Path binaries) {
    this.pidFile = pidFile;
    this.binaries = binaries;
  }

  /** Ends the server if it runs and removes its pid file. */
  void end(String politeSignal) {
    try {
      if (!Files.exists(pidFile)) {
        return;
      }
      Optional<ProcessHandle> server = running();
      if (server.isPresent()) {
        LOG.infof("Ending a server that an earlier run left behind (pid %s).", server.get().pid());
        if (!ended(server.get(), politeSignal) && !ended(server.get(), "-KILL")) {
          throw new StartException(
              "The server with pid "
                  + server.get().pid()
                  + ", left behind by an earlier run, does not end; end it by hand.");
        }
      }
      Files.deleteIfExists(pidFile);
    } catch (IOException e) {
      throw new StartException("The pid file " + pidFile + " can't be read or removed.", e);
    }
  }

  /**
   * The server that wrote its pid file.
   *
   * @throws StartException when it is gone already
   */
  ProcessHandle server() {
    try {
      return running()
          .orElseThrow(() -> new StartException("The server of " + pidFile + " ended at once."));
    } catch (IOException e) {
      throw new StartException("The pid file " + pidFile + " can't be read.", e);
    }
  }

  /** The process named in the file, if it is alive and ours; a zombie has no executable. */
  private Optional<ProcessHandle> running() throws IOException {
    String first = Files.readString(pidFile).lines().findFirst().orElse("").strip();
    if (!first.matches("\\d{1,18}")) {
      return Optional.empty();
    }
    return ProcessHandle.of(Long.parseLong(first))
        .filter(ProcessHandle::isAlive)
        .filter(
            process ->
                process
                    .info()
                    .command()
                    .filter(c -> c.startsWith(binaries.toString()))
                    .isPresent());
  }

  private static boolean ended(ProcessHandle process, String signal) throws IOException {
    new ProcessBuilder("kill", signal, Long.toString(process.pid())).start();
    long end = System.nanoTime() + PATIENCE.toNanos();
    try {
      while (isRunning(process) && System.nanoTime() < end) {
        Thread.sleep(GLANCE.toMillis());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return !isRunning(process);
  }

  /** A zombie stays in the process table, where nobody collects it, but holds nothing any more. */
  static boolean isRunning(ProcessHandle process) {
    return process.isAlive() && process.info().command().isPresent();
  }
}

package io.ordinaut.standalone;

import io.ordinaut.service.Bell;
import io.ordinaut.service.Loop;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/** Notices when a server ends that was not told to. */
final class Watch implements AutoCloseable {
  private static final Duration GLANCE = Duration.ofMillis(500);

  private final List<Server> servers;
  private final Consumer<String> ended;
  private final Loop loop;

  /**
   * A server.
   *
   * @param name for people
   * @param process that it runs in
   */
  record Server(String name, ProcessHandle process) {}

  private Watch(List<Server> servers, Consumer<String> ended) {
    this.servers = servers;
    this.ended = ended;
    this.loop = new Loop("ordinaut-watch", new Bell(), this::turn);
  }

  /**
   * Begins.
   *
   * @param ended is told the name of the first server that ends
   */
  static Watch start(List<Server> servers, Consumer<String> ended) {
    Watch watch = new Watch(servers, ended);
    watch.loop.start();
    return watch;
  }

  private Duration turn() {
    for (Server server : servers) {
      if (!Leftover.isRunning(server.process())) {
        ended.accept(server.name());
        return Loop.UNTIL_RUNG;
      }
    }
    return GLANCE;
  }

  @Override
  public void close() {
    loop.close();
  }
}

package io.ordinaut.standalone;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import redis.embedded.RedisServer;
import redis.embedded.core.ExecutableProvider;

/** The embedded Redis: on loopback, with a password, and without files, since it holds no truth. */
public final class RedisProcess implements AutoCloseable {
  private final RedisServer server;
  private final Leftover pidFile;
  private final int port;
  private final String password;

  private RedisProcess(RedisServer server, Leftover left, int port, String password) {
    this.server = server;
    this.pidFile = left;
    this.port = port;
    this.password = password;
  }

  /**
   * Starts the server.
   *
   * @param port to listen on, 0 for a free one
   * @throws StartException when it does not come up
   */
  public static RedisProcess start(DataDirectory data, int port) {
    Path binaries = data.resolve("bin");
    Path pidFile = data.resolve("redis.pid");
    Leftover left = new Leftover(pidFile, binaries);
    left.end("-TERM");
    Standalone.checkPort("ORDINAUT_REDIS_PORT", port);
    String password = data.password();
    try {
      Files.createDirectories(binaries);
      int chosen = port == 0 ? freePort() : port;
      RedisServer server =
          RedisServer.newRedisServer()
              .port(chosen)
              .bind("127.0.0.1")
              .executableProvider(ExecutableProvider.newJarResourceProvider(binaries.toFile()))
              .setting("requirepass " + password)
              .setting("save \"\"")
              .setting("appendonly no")
              .setting("dir \"" + data.root() + "\"")
              .setting("pidfile \"" + pidFile + "\"")
              // Its output is a pipe; what nobody reads would one day stop it.
              .soutListener(line -> {})
              .serrListener(line -> {})
              .build();
      server.start();
      return new RedisProcess(server, left, chosen, password);
    } catch (IOException e) {
      throw new StartException("The embedded Redis did not start: " + e.getMessage(), e);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** The URL by which services reach it. */
  public String url() {
    return "redis://:" + password + "@127.0.0.1:" + port + "/0";
  }

  /** The process of the server. */
  ProcessHandle process() {
    return pidFile.server();
  }

  @Override
  public void close() throws IOException {
    server.stop();
  }
}

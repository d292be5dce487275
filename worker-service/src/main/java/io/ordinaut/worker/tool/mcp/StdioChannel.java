package io.ordinaut.worker.tool.mcp;

import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** A server that is a process: messages are lines on its standard input and output. */
final class StdioChannel extends Channel {
  private static final Logger LOG = Logger.getLogger(StdioChannel.class);

  /** What every program may know of the worker's environment. */
  private static final List<String> HARMLESS = List.of("PATH", "HOME", "LANG");

  private static final int LONGEST_LOG_LINE = 8 * 1024;
  private static final int MOST_UNREAD = 1_000;
  private static final long LAST_WORDS_MILLIS = 1_500;
  private static final byte[] END = {};

  private final String name;
  private final Process process;
  private final BlockingQueue<byte[]> unread = new ArrayBlockingQueue<>(MOST_UNREAD);

  private StdioChannel(String name, Process process) {
    this.name = name;
    this.process = process;
  }

  /**
   * Starts the server.
   *
   * @throws LinkException when there is no such program
   */
  static StdioChannel start(String name, StdioServer server) {
    List<String> command = new ArrayList<>();
    command.add(server.command());
    server.args().ifPresent(command::addAll);
    ProcessBuilder builder = new ProcessBuilder(command);
    setEnvironment(builder.environment(), server);
    try {
      StdioChannel channel = new StdioChannel(name, builder.start());
      channel.begin("in", channel::writeLines);
      channel.begin("out", channel::readLines);
      channel.begin("err", channel::readLog);
      return channel;
    } catch (IOException e) {
      throw new LinkException("Its program can't be started: " + e.getMessage());
    }
  }

  private static void setEnvironment(Map<String, String> environment, StdioServer server) {
    environment.clear();
    HARMLESS.forEach(variable -> copy(variable, environment));
    server.inherit().ifPresent(names -> names.forEach(variable -> copy(variable, environment)));
    environment.putAll(server.env());
  }

  private static void copy(String variable, Map<String, String> environment) {
    String value = System.getenv(variable);
    if (value != null) {
      environment.put(variable, value);
    }
  }

  private void begin(String what, Runnable body) {
    Thread thread = new Thread(body, "ordinaut-mcp-" + name + "-" + what);
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  void write(JSONRPCMessage message, Pending pending) {
    if (!unread.offer(Messages.write(message))) {
      throw new LinkException("The server has not read the last " + MOST_UNREAD + " messages.");
    }
  }

  @Override
  void agreed(String protocolVersion) {}

  private void writeLines() {
    try (OutputStream out = process.getOutputStream()) {
      for (byte[] line = unread.take(); line != END; line = unread.take()) {
        out.write(line);
        out.write('\n');
        out.flush();
      }
    } catch (IOException e) {
      die("The server does not read any more: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void readLines() {
    try (InputStream out = new BufferedInputStream(process.getInputStream())) {
      Lines lines = new Lines(out, Messages.LARGEST);
      for (byte[] line = lines.next(); line != null; line = lines.next()) {
        JSONRPCMessage message = Messages.read(new String(line, StandardCharsets.UTF_8));
        if (message != null) {
          receive(message);
        } else if (line.length > 0) {
          LOG.debugf("MCP server %s wrote a line that is no message", name);
        }
      }
      die("The server's process has ended.");
    } catch (IOException e) {
      die("The server's answers can't be read: " + e.getMessage());
    } finally {
      end();
    }
  }

  private void readLog() {
    try (InputStream err = new BufferedInputStream(process.getErrorStream())) {
      Lines lines = new Lines(err, LONGEST_LOG_LINE).cuttingLongOnes();
      for (byte[] line = lines.next(); line != null; line = lines.next()) {
        LOG.debugf("MCP server %s: %s", name, new String(line, StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      LOG.debugf("The log of MCP server %s can't be read: %s", name, e.getMessage());
    }
  }

  /** Closes its input, which tells it to end; what does not end by itself is ended. */
  @Override
  void end() {
    die("The connection to the server was closed.");
    unread.clear();
    unread.offer(END);
    List<ProcessHandle> children = process.descendants().toList();
    try {
      if (!process.waitFor(LAST_WORDS_MILLIS, TimeUnit.MILLISECONDS)) {
        process.destroy();
        process.waitFor(LAST_WORDS_MILLIS, TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      process.destroyForcibly();
      children.forEach(ProcessHandle::destroyForcibly);
    }
  }
}

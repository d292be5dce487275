package io.ordinaut.tests.chaos;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Signals to processes, and what became of them. */
final class Signals {
  private Signals() {}

  static void send(String name, long pid) {
    output("kill", "-" + name, Long.toString(pid));
  }

  /** The state that {@code ps} shows: T when it is stopped, Z when nobody has collected it. */
  static String state(long pid) {
    return output("ps", "-o", "state=", "-p", Long.toString(pid)).strip();
  }

  static boolean lives(long pid) {
    String state = state(pid);
    return !state.isEmpty() && !state.startsWith("Z");
  }

  private static String output(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      process.waitFor();
      return text;
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}

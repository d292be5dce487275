package io.ordinaut.tests.chaos;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** A connection to Redis for a command or two, in its own protocol: texts, numbers, no lists. */
final class RedisLine implements AutoCloseable {
  private static final int DEADLINE = (int) Duration.ofSeconds(20).toMillis();

  private final Socket socket = new Socket();
  private final BufferedReader answers;

  RedisLine(String url) throws IOException {
    URI uri = URI.create(url);
    socket.connect(new InetSocketAddress(uri.getHost(), uri.getPort()), DEADLINE);
    socket.setSoTimeout(DEADLINE);
    answers =
        new BufferedReader(
            new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
    ask("AUTH", uri.getUserInfo().substring(1));
  }

  /** What Redis answers to a command. */
  String ask(String... words) throws IOException {
    StringBuilder command = new StringBuilder("*" + words.length + "\r\n");
    for (String word : words) {
      command.append('$').append(word.length()).append("\r\n").append(word).append("\r\n");
    }
    socket.getOutputStream().write(command.toString().getBytes(StandardCharsets.ISO_8859_1));
    String first = String.valueOf(answers.readLine());
    if (first.startsWith("+") || first.startsWith(":")) {
      return first.substring(1);
    }
    if (!first.startsWith("$")) {
      throw new IOException("Redis answers to " + words[0] + ": " + first);
    }
    char[] text = new char[Integer.parseInt(first.substring(1)) + 2];
    for (int read = 0; read < text.length; ) {
      int more = answers.read(text, read, text.length - read);
      if (more < 0) {
        throw new IOException("Redis hung up in its answer to " + words[0] + ".");
      }
      read += more;
    }
    return new String(text).strip();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}

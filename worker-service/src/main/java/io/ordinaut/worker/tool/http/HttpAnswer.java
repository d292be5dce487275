package io.ordinaut.worker.tool.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.json.Json;
import io.ordinaut.worker.secret.Secrets;
import io.ordinaut.worker.tool.ToolException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.util.Base64;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a response brought, as a step sees it.
 *
 * @param body parsed JSON, text, or base64
 * @param encoding {@code base64}, or null
 */
record HttpAnswer(JsonNode body, @Nullable String encoding) {
  private static final Pattern JSON = Pattern.compile("[a-z]+/([a-z0-9.+_-]+\\+)?json");
  private static final Pattern TEXT =
      Pattern.compile(
          "text/.*|[a-z]+/([a-z0-9.+_-]+\\+)?(xml|yaml)|application/(javascript|graphql"
              + "|x-www-form-urlencoded|x-ndjson|x-yaml)");
  private static final Pattern CHARSET =
      Pattern.compile(";\\s*charset=\"?([^\";\\s]+)", Pattern.CASE_INSENSITIVE);

  /** Of an error: enough for the sentence, also when a secret that is masked stands at its end. */
  private static final int START = 4_096;

  private static final int LONGEST_SENTENCE = 500;

  /** Reads the whole body of a response. */
  static HttpAnswer of(Exchange exchange) throws InterruptedException {
    byte[] bytes = exchange.bytes();
    String type = type(exchange);
    if (JSON.matcher(type).matches()) {
      return new HttpAnswer(bytes.length == 0 ? NullNode.instance : json(bytes), null);
    }
    if (TEXT.matcher(type).matches()) {
      return text(new String(bytes, charset(exchange)));
    }
    String guessed = type.isEmpty() ? utf8(bytes) : null;
    return guessed != null
        ? text(guessed)
        : new HttpAnswer(TextNode.valueOf(Base64.getEncoder().encodeToString(bytes)), "base64");
  }

  private static HttpAnswer text(String text) {
    return new HttpAnswer(TextNode.valueOf(text), null);
  }

  private static String type(Exchange exchange) {
    return exchange
        .headers()
        .getOrDefault("content-type", "")
        .split(";", 2)[0]
        .strip()
        .toLowerCase(Locale.ROOT);
  }

  /** RFC 8259 section 8.1: always UTF-8. */
  private static JsonNode json(byte[] bytes) {
    try {
      return Json.read(new String(bytes, StandardCharsets.UTF_8));
    } catch (UncheckedIOException e) {
      throw new ToolException(ErrorCode.TOOL_ERROR, "The answer says that it is JSON, and is not.");
    }
  }

  private static @Nullable String utf8(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }

  private static Charset charset(Exchange exchange) {
    Matcher named = CHARSET.matcher(exchange.headers().getOrDefault("content-type", ""));
    try {
      return named.find() ? Charset.forName(named.group(1)) : StandardCharsets.UTF_8;
    } catch (IllegalCharsetNameException | UnsupportedCharsetException e) {
      return StandardCharsets.UTF_8;
    }
  }

  /** The error of a response whose status is none: the status, and how its body begins. */
  static ToolException refusal(OutboundRequest request, Exchange exchange, Secrets secrets)
      throws InterruptedException {
    String text = start(exchange);
    String start = secrets.mask(text).replaceAll("\\s+", " ").strip();
    return new ToolException(
        ErrorCode.TOOL_ERROR,
        request.origin()
            + " answered with status "
            + exchange.status()
            + (start.isEmpty() ? "." : ": " + cut(start)));
  }

  /** Which status it was matters more than that the body can't be read. */
  private static String start(Exchange exchange) throws InterruptedException {
    try {
      return new String(exchange.first(START), charset(exchange));
    } catch (ToolException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static String cut(String text) {
    return text.length() <= LONGEST_SENTENCE ? text : text.substring(0, LONGEST_SENTENCE) + "…";
  }
}

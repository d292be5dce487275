package io.ordinaut.worker.tool.mcp;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modelcontextprotocol.spec.McpSchema.ErrorCodes;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCNotification;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse.JSONRPCError;
import org.jspecify.annotations.Nullable;

/**
 * JSON-RPC 2.0 as text. Params and results stay trees: numbers keep their digits, and kinds of
 * content that are not known yet pass unharmed.
 */
final class Messages {
  /** The largest message that is read, in bytes. */
  static final int LARGEST = 10 * 1024 * 1024;

  private static final String VERSION = "2.0";

  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .nodeFactory(JsonNodeFactory.withExactBigDecimals(true))
          .build();

  /** Reads each number that has an exponent as a double, however large that is. */
  private static final ObjectMapper ROUGH = new ObjectMapper();

  private Messages() {}

  /** The bytes of a message, on one line. */
  static byte[] write(JSONRPCMessage message) {
    ObjectNode text = MAPPER.createObjectNode().put("jsonrpc", VERSION);
    if (message instanceof JSONRPCRequest request) {
      text.set("id", MAPPER.valueToTree(request.id()));
      text.put("method", request.method());
      setUnlessNull(text, "params", request.params());
    } else if (message instanceof JSONRPCNotification notification) {
      text.put("method", notification.method());
      setUnlessNull(text, "params", notification.params());
    } else if (message instanceof JSONRPCResponse response) {
      text.set("id", MAPPER.valueToTree(response.id()));
      if (response.error() == null) {
        text.set("result", MAPPER.valueToTree(response.result()));
      } else {
        text.putObject("error")
            .put("code", response.error().code())
            .put("message", response.error().message());
      }
    }
    try {
      return MAPPER.writeValueAsBytes(text);
    } catch (JsonProcessingException e) {
      throw new LinkException("The message can't be written: " + e.getOriginalMessage());
    }
  }

  private static void setUnlessNull(ObjectNode text, String name, @Nullable Object value) {
    if (value != null) {
      text.set(name, MAPPER.valueToTree(value));
    }
  }

  /** The message in a text; null when it holds none. */
  static @Nullable JSONRPCMessage read(String text) {
    try {
      return read(MAPPER.readTree(text));
    } catch (JsonProcessingException e) {
      return null;
    } catch (NumberFormatException e) {
      return unreadable(text);
    }
  }

  /** Whoever waits for an answer hears at once that a number in it can't be read. */
  private static @Nullable JSONRPCMessage unreadable(String text) {
    JsonNode message;
    try {
      message = ROUGH.readTree(text);
    } catch (JsonProcessingException e) {
      return null;
    }
    Object id = idOf(message.path("id"));
    return id == null || message.has("method")
        ? null
        : JSONRPCResponse.error(
            id,
            new JSONRPCError(
                ErrorCodes.PARSE_ERROR, "The answer holds a number whose exponent is too large."));
  }

  private static @Nullable JSONRPCMessage read(@Nullable JsonNode message) {
    if (message == null || !message.isObject()) {
      return null;
    }
    Object id = idOf(message.path("id"));
    String method = message.path("method").textValue();
    if (method != null) {
      JsonNode params = message.get("params");
      return id == null
          ? new JSONRPCNotification(VERSION, method, params)
          : new JSONRPCRequest(VERSION, method, id, params);
    }
    return id == null ? null : response(id, message);
  }

  private static @Nullable JSONRPCMessage response(Object id, JsonNode message) {
    JsonNode error = message.path("error");
    if (error.isObject()) {
      return JSONRPCResponse.error(
          id,
          new JSONRPCError(
              error.path("code").asInt(), error.path("message").asText("(without a message)")));
    }
    JsonNode result = message.get("result");
    return result == null ? null : JSONRPCResponse.result(id, result);
  }

  private static @Nullable Object idOf(JsonNode id) {
    return id.isTextual() ? id.textValue() : id.isIntegralNumber() ? id.longValue() : null;
  }
}

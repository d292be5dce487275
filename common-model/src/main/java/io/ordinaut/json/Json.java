package io.ordinaut.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;

/** The one JSON mapper: strict in what it reads, exact in its numbers. */
public final class Json {
  /** How deep a document may be nested. */
  public static final int MAX_DEPTH = 64;

  /** Refuses duplicate keys, trailing text and too deep nesting; keeps decimals as written. */
  public static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .disable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .nodeFactory(JsonNodeFactory.withExactBigDecimals(true))
          .build();

  static {
    MAPPER
        .getFactory()
        .setStreamReadConstraints(
            StreamReadConstraints.builder()
                .maxNestingDepth(MAX_DEPTH)
                .maxNumberLength(400)
                .build());
  }

  /** For what the services themselves have stored: wide limits, since it was checked before. */
  private static final ObjectMapper STORED =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .nodeFactory(JsonNodeFactory.withExactBigDecimals(true))
          .build();

  static {
    STORED
        .getFactory()
        .setStreamReadConstraints(
            StreamReadConstraints.builder()
                .maxNestingDepth(1_000)
                .maxNumberLength(200_000)
                .maxStringLength(Integer.MAX_VALUE)
                .build());
  }

  private Json() {}

  /** An empty object. */
  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /**
   * Reads what the services themselves have written, or what is checked afterwards.
   *
   * @throws UncheckedIOException if it is not JSON
   */
  public static JsonNode read(String text) {
    try {
      return STORED.readTree(text);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    } catch (NumberFormatException e) {
      // The exponent of a number is beyond what BigDecimal can have.
      throw new UncheckedIOException(new IOException(e.getMessage(), e));
    }
  }

  /** The compact text of a document. */
  public static String write(JsonNode node) {
    try {
      return MAPPER.writeValueAsString(node);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}

package io.ordinaut.store;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.json.Json;
import io.vertx.sqlclient.Row;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Columns of a row as the types that the code uses. JSON travels as text and is parsed once. */
public final class Columns {
  private Columns() {}

  /** A {@code timestamptz} that may be null. */
  public static @Nullable Instant instantOrNull(Row row, String column) {
    OffsetDateTime value = row.getOffsetDateTime(column);
    return value == null ? null : value.toInstant();
  }

  /** A {@code timestamptz} that is never null. */
  public static Instant instant(Row row, String column) {
    return Objects.requireNonNull(instantOrNull(row, column), column);
  }

  /** A JSON column selected as text; SQL null is null. */
  public static @Nullable JsonNode jsonOrNull(Row row, String column) {
    String text = row.getString(column);
    return text == null ? null : Json.read(text);
  }

  /** A {@code text} that is never null. */
  public static String text(Row row, String column) {
    return Objects.requireNonNull(row.getString(column), column);
  }

  /** A {@code uuid} that is never null. */
  public static UUID id(Row row, String column) {
    return Objects.requireNonNull(row.getUUID(column), column);
  }

  /** The argument for a {@code timestamptz} parameter. */
  public static @Nullable OffsetDateTime argument(@Nullable Instant instant) {
    return instant == null ? null : instant.atOffset(ZoneOffset.UTC);
  }
}

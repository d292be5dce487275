package io.ordinaut.api.http;

import io.ordinaut.failure.Violations;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.UriInfo;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Reads query parameters, noting every fault and every parameter that nobody asked for. */
public final class Query {
  /** The most rows of a page. */
  public static final int MOST_ROWS = 200;

  private static final int ROWS = 50;
  private static final int LONGEST = 1_000;

  private final MultivaluedMap<String, String> parameters;
  private final Violations violations = new Violations();
  private final Set<String> known = new HashSet<>();

  /** Of a request. */
  public Query(UriInfo uri) {
    this.parameters = uri.getQueryParameters();
  }

  /** A text, null when absent. Of two values one would be passed over in silence. */
  public @Nullable String text(String name) {
    known.add(name);
    String value = parameters.getFirst(name);
    if (parameters.getOrDefault(name, List.of()).size() > 1) {
      violations.add(name, "must be given only once.");
      return null;
    }
    if (value != null && (value.length() > LONGEST || value.indexOf('\0') >= 0)) {
      violations.add(name, "must be at most " + LONGEST + " characters, none of them U+0000.");
      return null;
    }
    return value;
  }

  /** One of an enum's constants in lower case, as stored; null when absent. */
  public <E extends Enum<E>> @Nullable String choice(String name, Class<E> type) {
    String value = text(name);
    if (value == null) {
      return null;
    }
    Set<String> choices = new LinkedHashSet<>();
    for (E constant : type.getEnumConstants()) {
      choices.add(constant.name().toLowerCase(Locale.ROOT));
    }
    if (!choices.contains(value)) {
      violations.add(name, "must be one of " + String.join(", ", choices) + ".");
    }
    return value;
  }

  /** Notes a fault of a parameter. */
  public void fault(String name, String message) {
    violations.add(name, message);
  }

  /** True or false; false when absent. */
  public boolean flag(String name) {
    String value = text(name);
    if (value != null && !value.equals("true") && !value.equals("false")) {
      violations.add(name, "must be true or false.");
    }
    return "true".equals(value);
  }

  /** An instant, null when absent. */
  public @Nullable Instant instant(String name) {
    String value = text(name);
    if (value == null) {
      return null;
    }
    try {
      Instant instant = OffsetDateTime.parse(value).toInstant();
      if (instant.isAfter(Instant.EPOCH)
          && instant.isBefore(Instant.parse("9999-12-31T00:00:00Z"))) {
        return instant;
      }
      violations.add(name, "must be a time between the years 1970 and 9999.");
      return null;
    } catch (DateTimeException e) {
      violations.add(name, "must be an RFC 3339 time such as 2030-01-31T12:00:00Z.");
      return null;
    }
  }

  /** An identifier, null when absent. */
  public @Nullable UUID id(String name) {
    String value = text(name);
    if (value == null) {
      return null;
    }
    try {
      return UUID.fromString(value);
    } catch (IllegalArgumentException e) {
      violations.add(name, "must be a UUID.");
      return null;
    }
  }

  /** Parameters of the form {@code prefix.KEY=VALUE}. */
  public SortedMap<String, String> keyed(String prefix) {
    SortedMap<String, String> all = new TreeMap<>();
    for (String name : parameters.keySet()) {
      if (name.indexOf('\0') >= 0) {
        violations.add(prefix, "must not have a key with the character U+0000.");
        continue;
      }
      String value = name.startsWith(prefix + ".") ? text(name) : null;
      if (value != null) {
        all.put(name.substring(prefix.length() + 1), value);
      }
    }
    return all;
  }

  /** A whole number within the bounds, both inclusive; the default when absent. */
  public int number(String name, int absent, int min, int max) {
    String value = text(name);
    if (value == null) {
      return absent;
    }
    int number = value.matches("\\d{1,9}") ? Integer.parseInt(value) : -1;
    if (number < min || number > max) {
      violations.add(name, "must be a whole number from " + min + " to " + max + ".");
      return absent;
    }
    return number;
  }

  /** How many rows a page has and where it begins. */
  public Page page() {
    return page(Query::isId);
  }

  /** The same for a list of what is identified by a text. */
  public Page pageOfNamed() {
    return page(key -> !key.isEmpty());
  }

  private static boolean isId(String text) {
    try {
      return UUID.fromString(text).toString().equals(text);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private Page page(Predicate<String> isKey) {
    int rows = number("limit", ROWS, 1, MOST_ROWS);
    String cursor = text("cursor");
    Page page = Page.after(cursor, rows, isKey);
    if (page == null) {
      violations.add("cursor", "is not one that a Link header gave.");
      return new Page(rows, null, null);
    }
    return page;
  }

  /** The same for a list that is in the order of names. */
  public NamePage namePage() {
    int rows = number("limit", ROWS, 1, MOST_ROWS);
    NamePage page = NamePage.after(text("cursor"), rows);
    if (page == null) {
      violations.add("cursor", "is not one that a Link header gave.");
      return new NamePage(rows, "");
    }
    return page;
  }

  /**
   * Ends the reading.
   *
   * @throws io.ordinaut.failure.InvalidInputException if anything was wrong or unknown
   */
  public void done() {
    for (String name : parameters.keySet()) {
      if (!known.contains(name)) {
        violations.add(name, "is not a known query parameter.");
      }
    }
    violations.throwIfAny();
  }
}

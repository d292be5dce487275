package io.ordinaut.schedule;

import io.ordinaut.failure.InvalidInputException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A fixed distance in elapsed time, counted from an anchor.
 *
 * @param anchor where counting begins; itself no occurrence
 * @param distance between two occurrences, a second or more
 */
public record Every(Instant anchor, Duration distance) implements Schedule {
  private static final Pattern SYNTAX = Pattern.compile("@every\\s+((?:\\d{1,9}[smhd])+)");
  private static final Pattern PART = Pattern.compile("(\\d+)([smhd])");

  /**
   * Reads {@code @every} and a distance, such as {@code @every 1h30m}.
   *
   * @throws InvalidInputException naming {@code schedule_expr} when it is none
   */
  public static Every parse(String text, Instant anchor) {
    Matcher matcher = SYNTAX.matcher(text);
    if (!matcher.matches()) {
      throw new InvalidInputException(
          "schedule_expr", "must say how often, as in @every 90s or @every 1h30m.");
    }
    Duration distance = Duration.ZERO;
    Matcher parts = PART.matcher(matcher.group(1));
    while (parts.find()) {
      long amount = Long.parseLong(parts.group(1));
      distance =
          distance.plus(
              switch (parts.group(2)) {
                case "s" -> Duration.ofSeconds(amount);
                case "m" -> Duration.ofMinutes(amount);
                case "h" -> Duration.ofHours(amount);
                default -> Duration.ofDays(amount);
              });
    }
    if (distance.isZero() || distance.compareTo(Duration.ofDays(36_525)) > 0) {
      throw new InvalidInputException(
          "schedule_expr", "must fire at most once a second and at least once in a century.");
    }
    return new Every(anchor, distance);
  }

  /** By arithmetic, however long the stretch. */
  @Override
  public Tally tally(Instant after, Instant until) {
    Instant first = next(after).orElseThrow();
    if (first.isAfter(until)) {
      return Tally.NONE;
    }
    long more = Duration.between(first, until).dividedBy(distance);
    return new Tally(more + 1, first.plus(distance.multipliedBy(more)));
  }

  @Override
  public Optional<Instant> next(Instant after) {
    if (after.isBefore(anchor)) {
      return Optional.of(anchor.plus(distance));
    }
    long passed = Duration.between(anchor, after).dividedBy(distance);
    return Optional.of(anchor.plus(distance.multipliedBy(passed + 1)));
  }
}

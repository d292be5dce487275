package io.ordinaut.schedule;

import com.cronutils.model.definition.CronDefinition;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import io.ordinaut.failure.Excerpt;
import io.ordinaut.failure.InvalidInputException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A cron expression: five Unix fields, or six with leading seconds. 0 and 7 are Sunday; names,
 * ranges, steps, lists, {@code ?}, {@code L}, {@code W} and {@code #} are known; when day-of-month
 * and day-of-week are both restricted, either matches. Macros: {@code @hourly} … {@code @yearly}.
 */
public final class Cron implements Schedule {
  private static final Map<String, String> MACROS =
      Map.of(
          "@hourly", "0 * * * *",
          "@daily", "0 0 * * *",
          "@midnight", "0 0 * * *",
          "@weekly", "0 0 * * 0",
          "@monthly", "0 0 1 * *",
          "@yearly", "0 0 1 1 *",
          "@annually", "0 0 1 1 *");

  private static final CronParser MINUTES = new CronParser(definition(false));
  private static final CronParser SECONDS = new CronParser(definition(true));

  /** A pattern of hours with a wildcard runs by elapsed time: both passes, and nothing shifted. */
  private static final DstPolicy ELAPSED = new DstPolicy(DstGap.SKIP, DstOverlap.BOTH);

  private final String fields;
  private final ZoneId zone;
  private final TimeLine timeLine;
  private final WallPattern pattern;
  private final DstPolicy policy;

  /** The last answer: many tasks of one schedule ask the same, and the library takes long. */
  private volatile @Nullable Pause lately;

  private Cron(String fields, ZoneId zone, WallPattern pattern, DstPolicy policy) {
    this.fields = fields;
    this.zone = zone;
    this.timeLine = new TimeLine(zone);
    this.pattern = pattern;
    this.policy = policy;
  }

  /**
   * Reads a cron expression.
   *
   * @param anchor from which {@code @every} counts
   * @throws InvalidInputException naming {@code schedule_expr} when it is none
   */
  public static Schedule parse(String expression, ZoneId zone, DstPolicy policy, Instant anchor) {
    String text = expression.strip();
    if (text.startsWith("@every")) {
      return Every.parse(text, anchor);
    }
    String fields = forTheLibrary(MACROS.getOrDefault(text.toLowerCase(Locale.ROOT), text));
    int count = fields.split("\\s+").length;
    if (count != 5 && count != 6) {
      throw new InvalidInputException(
          "schedule_expr",
          "must be a cron expression of five fields (minute hour day-of-month month day-of-week),"
              + " six with leading seconds, or a macro such as @daily or @every 90s.");
    }
    refuseWeekdaysThatCanNotBe(fields.split("\\s+")[count - 3]);
    ExecutionTime times;
    try {
      times = ExecutionTime.forCron((count == 5 ? MINUTES : SECONDS).parse(fields).validate());
    } catch (IllegalArgumentException e) {
      throw new InvalidInputException(
          "schedule_expr", "is not a cron expression: " + Excerpt.ofReason(e) + ".");
    }
    boolean everyHour = fields.split("\\s+")[count - 4].startsWith("*");
    return new Cron(fields, zone, new CronPattern(times), everyHour ? ELAPSED : policy);
  }

  /**
   * The library takes ? for "both must match"; written as * it leaves "either matches". SUN is 7 to
   * it, with which no range could begin, and a step of 7, of weekdays the first only, is 0 to it.
   */
  private static String forTheLibrary(String fields) {
    return fields
        .replace('?', '*')
        .replaceAll("(?i)\\bSUN-(?!SUN)", "0-")
        .replaceAll("\\*/7$", "0")
        .replaceAll("(\\w+)-\\w+/7(?=(,\\S*)?$)", "$1");
  }

  /** What the library would silently take for something else. */
  private static void refuseWeekdaysThatCanNotBe(String days) {
    String text = days.toUpperCase(Locale.ROOT);
    if (text.contains(",") && (text.contains("W") || text.contains("L"))) {
      throw new InvalidInputException("schedule_expr", "must not have W or L in a list of days.");
    }
    if (text.matches("(29|30|31)W")) {
      throw new InvalidInputException(
          "schedule_expr",
          "takes W with the days 1 to 28, and LW for the last weekday of a month.");
    }
  }

  private static CronDefinition definition(boolean seconds) {
    var builder = CronDefinitionBuilder.defineCron();
    if (seconds) {
      builder = builder.withSeconds().withStrictRange().and();
    }
    return builder
        .withMinutes()
        .withStrictRange()
        .and()
        .withHours()
        .withStrictRange()
        .and()
        .withDayOfMonth()
        .supportsL()
        .supportsW()
        .supportsLW()
        .withStrictRange()
        .and()
        .withMonth()
        .withStrictRange()
        .and()
        .withDayOfWeek()
        .withValidRange(0, 7)
        .withMondayDoWValue(1)
        .withIntMapping(7, 0)
        .supportsHash()
        .supportsL()
        .withStrictRange()
        .and()
        .instance();
  }

  @Override
  public Tally tally(Instant after, Instant until) {
    return new CronTally(this, zone).count(after, until);
  }

  @Override
  public Optional<Instant> next(Instant after) {
    Pause known = lately;
    if (known != null && known.holds(after)) {
      return Optional.of(known.next());
    }
    Optional<Instant> next =
        timeLine.firstByWallClock(pattern, policy, TimeLine.secondAfter(after));
    next.ifPresent(at -> lately = new Pause(after, at));
    return next;
  }

  /** What it names before the policy takes any of it away. */
  Candidates candidates() {
    if (policy == ELAPSED) {
      return Candidates.ofElapsedTime(this, zone);
    }
    Cron everything = new Cron(fields, zone, pattern, Candidates.EVERYTHING);
    return new Candidates(everything, pattern, zone, policy, Set.of());
  }

  /** The same in English. */
  CronSentence sentence() {
    return new CronSentence(fields);
  }

  /** A stretch without an occurrence, and the one that ends it. */
  private record Pause(Instant after, Instant next) {
    boolean holds(Instant instant) {
      return !instant.isBefore(after) && instant.isBefore(next);
    }
  }

  /** The library, asked in wall time: a zone without changes stands for any. */
  private record CronPattern(ExecutionTime times) implements WallPattern {
    @Override
    public Optional<LocalDateTime> atOrAfter(LocalDateTime from) {
      return times
          .nextExecution(from.minusSeconds(1).atZone(ZoneOffset.UTC))
          .map(next -> next.toLocalDateTime());
    }
  }
}

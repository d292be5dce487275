package io.ordinaut.schedule;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a schedule says, as one English sentence. */
public final class Description {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss", Locale.ROOT);

  private Description() {}

  /**
   * Describes a schedule.
   *
   * @param zone of the task, for times that name none
   */
  public static String of(Schedule schedule, ZoneId zone) {
    ZoneId place = Candidates.of(schedule, zone).zone();
    return English.sentence(phrase(schedule, place) + place(schedule, place));
  }

  /**
   * Describes what waits for events.
   *
   * @param topic a topic or a pattern of topics
   */
  public static String ofTopic(String topic) {
    return English.sentence("when an event of topic " + topic + " is published");
  }

  /**
   * Describes what waits for a condition.
   *
   * @param expression what has to be true
   * @param distance how often it is looked at, null where that is not known
   */
  public static String ofCondition(String expression, @Nullable Duration distance) {
    String said = "when " + quoted(expression.strip());
    return English.sentence(distance == null ? said : said + ", looked at " + every(distance));
  }

  /** Backticks, unless they stand inside: JMESPath writes literals in them. */
  private static String quoted(String expression) {
    return expression.contains("`") ? "“" + expression + "”" : "`" + expression + "`";
  }

  private static String phrase(Schedule schedule, ZoneId zone) {
    if (schedule instanceof Bounded bounded) {
      return phrase(bounded.schedule(), zone) + bounds(bounded, zone);
    }
    if (schedule instanceof Cron cron) {
      return cron.sentence().phrase();
    }
    if (schedule instanceof Rrule rrule) {
      return rrule.sentence().phrase();
    }
    if (schedule instanceof Every every) {
      return every(every.distance()) + ", counted from " + time(every.anchor(), zone);
    }
    if (schedule instanceof Once once) {
      return "once, at " + time(once.at(), zone);
    }
    return "never by time";
  }

  private static String bounds(Bounded bounded, ZoneId zone) {
    String from = bounded.startsAt() == null ? "" : " from " + time(bounded.startsAt(), zone);
    String until = bounded.endsAt() == null ? "" : " until " + time(bounded.endsAt(), zone);
    return from.isEmpty() && until.isEmpty() ? "" : "," + from + until;
  }

  /** Before it a comma, unless it belongs to a time. */
  private static String place(Schedule schedule, ZoneId zone) {
    String comma = schedule instanceof Every || schedule instanceof Once ? "" : ",";
    if (zone.equals(ZoneOffset.UTC)) {
      return comma + " in UTC";
    }
    return comma + (zone instanceof ZoneOffset ? " at UTC" : " in ") + zone.getId();
  }

  private static String every(Duration distance) {
    long seconds = distance.toSeconds();
    if (seconds % 3_600 == 0) {
      return English.every(seconds / 3_600, "hour");
    }
    return seconds % 60 == 0
        ? English.every(seconds / 60, "minute")
        : English.every(seconds, "second");
  }

  private static String time(Instant at, ZoneId zone) {
    return TIME.format(LocalDateTime.ofInstant(at, zone));
  }
}

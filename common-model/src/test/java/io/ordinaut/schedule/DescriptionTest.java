package io.ordinaut.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.function.Function;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;

/** Schedules as a person would say them. */
class DescriptionTest {
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

  /** A Monday, at nine in Berlin. */
  private static final Instant ANCHOR = Instant.parse("2026-01-05T08:00:00Z");

  private static final String CRON =
      """
        0 9 * * 1-5 -> At 09:00, Monday to Friday
        @hourly -> Every hour, on the hour
        @daily -> At 00:00 every day
        @weekly -> At 00:00, on Sundays
        @monthly -> At 00:00, on the 1st of every month
        @yearly -> At 00:00, on the 1st of January
        * * * * * -> Every minute
        */15 * * * * -> Every 15 minutes
        5/15 * * * * -> At minutes 5, 20, 35 and 50 of every hour
        */7 * * * * -> Every 7 minutes from minute 0 to minute 56 of every hour
        0 * * * * -> Every hour, on the hour
        30 * * * * -> Every hour at minute 30
        5,20,35 * * * * -> At minutes 5, 20 and 35 of every hour
        10-20 * * * * -> Every minute from minute 10 to minute 20 of every hour
        0 9-17 * * * -> Every hour from 09:00 to 17:00 every day
        30 9-17 * * MON-FRI -> Every hour from 09:30 to 17:30, Monday to Friday
        */15 9-17 * * * -> Every 15 minutes from 09:00 to 17:45 every day
        */15 9,17 * * * -> Every 15 minutes from 09:00 to 09:45 and from 17:00 to 17:45 every day
        */10 9-11,14-16 * * * -> Every 10 minutes from 09:00 to 11:50 and from 14:00 to 16:50 every day
        */30 9 * * * -> At 09:00 and 09:30 every day
        */15 */2 * * * -> Every 15 minutes in every 2nd hour, from 00:00 to 22:45 every day
        */5 9 * * * -> Every 5 minutes from 09:00 to 09:55 every day
        * 9 * * * -> Every minute from 09:00 to 09:59 every day
        7,9 9-17 * * * -> At minutes 7 and 9 of the hours 9 to 17 every day
        0 */6 * * * -> Every 6 hours from 00:00 to 18:00 every day
        0 */5 * * * -> Every 5 hours from 00:00 to 20:00 every day
        15 8-18/2 * * * -> Every 2 hours from 08:15 to 18:15 every day
        0 9,12,18 * * * -> At 09:00, 12:00 and 18:00 every day
        0 1,2,5,7,11 * * * -> At 01:00, 02:00, 05:00, 07:00 and 11:00 every day
        0 9 1 * * -> At 09:00, on the 1st of every month
        0 9 1,15 * * -> At 09:00, on the 1st and 15th of every month
        0 9 1-7 * * -> At 09:00, on the 1st to the 7th of every month
        0 9 */2 * * -> At 09:00, on every 2nd day from the 1st to the 31st of every month
        0 9 L * * -> At 09:00, on the last day of every month
        0 9 LW * * -> At 09:00, on the last weekday of every month
        0 9 15W * * -> At 09:00, on the weekday nearest the 15th of every month
        0 9 L-3 * * -> At 09:00, on the 3rd day before the last of every month
        0 9 13 * 5 -> At 09:00, on the 13th of every month and also on Fridays
        0 9 13 1 5 -> At 09:00, on the 13th of January and also on Fridays in January
        0 9 * * 5L -> At 09:00, on the last Friday of every month
        0 9 * * 1#1 -> At 09:00, on the first Monday of every month
        0 9 * * mon#1,wed#3 -> At 09:00, on the first Monday and on the third Wednesday of every month
        0 9 * 1 mon#1 -> At 09:00, on the first Monday of January
        0 9 * * 6,0 -> At 09:00, on Saturdays and Sundays
        0 9 * * 1,3,5 -> At 09:00, on Mondays, Wednesdays and Fridays
        0 9 * * */2 -> At 09:00, on Tuesdays, Thursdays, Saturdays and Sundays
        0 9 * jan * -> At 09:00 every day in January
        0 9 * 3-5 1 -> At 09:00, on Mondays from March to May
        0 9 1 1,7 * -> At 09:00, on the 1st of January and July
        0 9 1 3-5 * -> At 09:00, on the 1st of every month from March to May
        0 9 29 2 * -> At 09:00, on the 29th of February
        */15 * * 7 * -> Every 15 minutes, in July
        */10 * * * * * -> Every 10 seconds
        * * * * * * -> Every second
        0 0 9 * * * -> At 09:00 every day
        30 0 9 * * * -> At 09:00:30 every day
        15 */5 * * * * -> Every 5 minutes at second 15
        5,20 * * * * * -> At seconds 5 and 20 of every minute
        */10 0,30 9-17 * * * -> Every 10 seconds in minutes 0 and 30 of the hours 9 to 17 every day
      """;

  /** Lines of a set are parted by a bar. */
  private static final String RULES =
      """
        FREQ=DAILY -> Every day at 09:00
        FREQ=DAILY;BYHOUR=9,17;BYMINUTE=0;BYSECOND=0 -> Every day at 09:00 and 17:00
        FREQ=DAILY;INTERVAL=2 -> Every 2 days at 09:00, counted from 2026-01-05 09:00:00
        FREQ=WEEKLY;BYDAY=MO,WE,FR -> Every Monday, Wednesday and Friday, at 09:00
        FREQ=WEEKLY -> Every week on Monday at 09:00
        FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR -> Every day, Monday to Friday, at 09:00
        FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;WKST=SU -> Every 2 weeks on Tuesday at 09:00, in weeks that begin on Sunday, counted from 2026-01-05 09:00:00
        FREQ=MONTHLY -> Every month on the 5th at 09:00
        FREQ=MONTHLY;BYMONTHDAY=15 -> Every month on the 15th at 09:00
        FREQ=MONTHLY;BYMONTHDAY=1,15,-1 -> Every month on the 1st, 15th and last day, at 09:00
        FREQ=MONTHLY;BYMONTHDAY=-2 -> Every month on the second to last day at 09:00
        FREQ=MONTHLY;BYDAY=2TU -> Every month on the second Tuesday at 09:00
        FREQ=MONTHLY;BYDAY=-1FR -> Every month on the last Friday at 09:00
        FREQ=MONTHLY;BYDAY=1MO,3MO -> Every month on the first Monday and the third Monday at 09:00
        FREQ=MONTHLY;BYDAY=MO -> Every Monday at 09:00
        FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR -> Every month on the 13th, if it is a Friday, at 09:00
        FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1 -> Every month on the last weekday at 09:00
        FREQ=YEARLY -> Every year on the 5th of January at 09:00
        FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1 -> Every year on the 1st of January at 09:00
        FREQ=YEARLY;BYMONTH=3,6;BYDAY=1SU -> Every year on the first Sunday in March and June at 09:00
        FREQ=YEARLY;BYMONTH=3 -> Every year on the 5th of March at 09:00
        FREQ=YEARLY;BYDAY=20MO -> Every year on the 20th Monday of the year at 09:00
        FREQ=YEARLY;BYDAY=FR -> Every Friday at 09:00
        FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO -> Every year in week 20 on Monday at 09:00
        FREQ=YEARLY;BYYEARDAY=100 -> Every year on the 100th day of the year at 09:00
        FREQ=YEARLY;BYYEARDAY=-1 -> Every year on the last day of the year at 09:00
        FREQ=YEARLY;BYMONTHDAY=13 -> Every year on the 13th of every month at 09:00
        FREQ=HOURLY -> Every hour
        FREQ=HOURLY;INTERVAL=3 -> Every 3 hours, counted from 2026-01-05 09:00:00
        FREQ=HOURLY;BYMINUTE=0,30;BYSECOND=0 -> Every hour at minutes 0 and 30
        FREQ=MINUTELY;INTERVAL=15;BYHOUR=9,10,11,12 -> Every 15 minutes, in hours 9 to 12, counted from 2026-01-05 09:00:00
        FREQ=MINUTELY;BYDAY=MO,TU;BYHOUR=9 -> Every minute on Monday and Tuesday, in hour 9
        FREQ=SECONDLY;INTERVAL=90 -> Every 90 seconds, counted from 2026-01-05 09:00:00
        FREQ=DAILY;COUNT=10 -> Every day at 09:00, 10 times from 2026-01-05 09:00:00
        FREQ=DAILY;COUNT=1 -> Every day at 09:00, 1 time from 2026-01-05 09:00:00
        FREQ=DAILY;UNTIL=20261231 -> Every day at 09:00, until 2026-12-31
        FREQ=DAILY;UNTIL=20261231T235959Z -> Every day at 09:00, until 2027-01-01 00:59:59
        FREQ=DAILY;BYMONTH=1,2,3 -> Every day from January to March at 09:00
        FREQ=DAILY;BYDAY=SA,SU -> Every Saturday and Sunday at 09:00
        DTSTART:20260105T090000|RRULE:FREQ=DAILY|RDATE:20260106T120000,20260107T120000|EXDATE:20260106T090000,20260107T090000,20260109T090000 -> Every day at 09:00, and on 2 more dates, except on 3 dates
        DTSTART:20260105T090000|RRULE:FREQ=WEEKLY|RRULE:FREQ=MONTHLY;BYMONTHDAY=1 -> Every week on Monday at 09:00; also every month on the 1st at 09:00
        DTSTART:20260105T090000 -> Once, at 2026-01-05 09:00:00
        RDATE:20260106T120000,20260107T120000 -> On 2 dates from 2026-01-06 12:00:00 to 2026-01-07 12:00:00
      """;

  private static String cron(String text) {
    return Description.of(Cron.parse(text, BERLIN, DstPolicy.DEFAULT, ANCHOR), BERLIN);
  }

  private static String rrule(String text) {
    String lines = text.replace('|', '\n');
    return Description.of(Rrule.parse(lines, BERLIN, DstPolicy.DEFAULT, ANCHOR), BERLIN);
  }

  private static void assertSentences(String table, Function<String, String> describe) {
    SoftAssertions all = new SoftAssertions();
    for (String row : table.lines().map(String::strip).toList()) {
      String[] sides = row.split(" -> ");
      all.assertThat(describe.apply(sides[0]))
          .as(sides[0])
          .isEqualTo(sides[1] + ", in Europe/Berlin.");
    }
    all.assertAll();
  }

  @Test
  void cron_expressions_are_told_by_the_times_they_stand_for() {
    assertSentences(CRON, DescriptionTest::cron);
  }

  @Test
  void rules_are_told_with_what_their_start_decides() {
    assertSentences(RULES, DescriptionTest::rrule);
  }

  @Test
  void two_ways_to_write_the_same_times_are_told_alike() {
    assertThat(cron("0,15,30,45 * * * *")).isEqualTo(cron("*/15 * * * *"));
    assertThat(cron("0 9 ? * MON-FRI")).isEqualTo(cron("0 9 * * 1,2,3,4,5"));
    assertThat(cron("0 0 9 * * *")).isEqualTo(cron("0 9 * * *"));
    assertThat(cron("0 9 * * 7")).isEqualTo(cron("0 9 * * SUN")).isEqualTo(cron("0 9 * * 0"));
  }

  @Test
  void a_distance_is_told_with_its_anchor() {
    assertThat(cron("@every 90s"))
        .isEqualTo("Every 90 seconds, counted from 2026-01-05 09:00:00 in Europe/Berlin.");
    assertThat(cron("@every 1h30m"))
        .isEqualTo("Every 90 minutes, counted from 2026-01-05 09:00:00 in Europe/Berlin.");
    assertThat(cron("@every 1h"))
        .isEqualTo("Every hour, counted from 2026-01-05 09:00:00 in Europe/Berlin.");
    assertThat(cron("@every 2d"))
        .isEqualTo("Every 48 hours, counted from 2026-01-05 09:00:00 in Europe/Berlin.");
  }

  @Test
  void a_start_decides_the_zone_that_is_told() {
    assertThat(rrule("DTSTART;TZID=America/New_York:20260105T090000|RRULE:FREQ=WEEKLY"))
        .isEqualTo("Every week on Monday at 09:00, in America/New_York.");
    assertThat(rrule("DTSTART:20260105T090000Z|RRULE:FREQ=WEEKLY"))
        .isEqualTo("Every week on Monday at 09:00, in UTC.");
  }

  @Test
  void a_single_time_is_told_in_the_zone_of_its_task() {
    assertThat(Description.of(new Once(Instant.parse("2030-01-31T11:00:00Z")), BERLIN))
        .isEqualTo("Once, at 2030-01-31 12:00:00 in Europe/Berlin.");
    assertThat(Description.of(new Once(Instant.parse("2030-01-31T11:00:00Z")), ZoneId.of("+02:00")))
        .isEqualTo("Once, at 2030-01-31 13:00:00 at UTC+02:00.");
  }

  @Test
  void bounds_are_told_in_the_same_zone() {
    Instant end = Instant.parse("2026-12-31T22:59:59Z");
    Schedule daily = Cron.parse("0 9 * * *", BERLIN, DstPolicy.DEFAULT, ANCHOR);
    assertThat(Description.of(new Bounded(daily, ANCHOR, end), BERLIN))
        .isEqualTo(
            "At 09:00 every day, from 2026-01-05 09:00:00 until 2026-12-31 23:59:59, in"
                + " Europe/Berlin.");
    assertThat(Description.of(new Bounded(daily, null, end), BERLIN))
        .isEqualTo("At 09:00 every day, until 2026-12-31 23:59:59, in Europe/Berlin.");
    assertThat(Description.of(new Bounded(daily, ANCHOR, null), BERLIN))
        .isEqualTo("At 09:00 every day, from 2026-01-05 09:00:00, in Europe/Berlin.");
  }

  @Test
  void topics_and_conditions_are_told_too() {
    assertThat(Description.ofTopic("order.*"))
        .isEqualTo("When an event of topic order.* is published.");
    assertThat(Description.ofCondition("probe.x > 3", Duration.ofMinutes(5)))
        .isEqualTo("When `probe.x > 3`, looked at every 5 minutes.");
    assertThat(Description.ofCondition("probe.x > `3`", Duration.ofHours(1)))
        .isEqualTo("When “probe.x > `3`”, looked at every hour.");
    assertThat(Description.ofCondition("probe.x > 3", null)).isEqualTo("When `probe.x > 3`.");
  }
}

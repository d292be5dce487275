package io.ordinaut.schedule;

import io.ordinaut.failure.Excerpt;
import io.ordinaut.failure.InvalidInputException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A recurrence set of RFC 5545, section 3.8.5: a bare {@code FREQ=…}, or lines of DTSTART, RRULE,
 * RDATE and EXDATE. Rules of days and longer follow the clocks on the wall; finer ones run by
 * elapsed time. A DTSTART that its rule does not match is no occurrence.
 */
public final class Rrule implements Schedule {
  private static final Pattern LINE =
      Pattern.compile("(DTSTART|RRULE|RDATE|EXDATE)((?:;[A-Z-]+=[^:;]+)*):(.*)");

  private static final Pattern TZID = Pattern.compile(";TZID=([^:;]+)");
  private static final DateTimeFormatter DATE_TIME =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss", Locale.ROOT);

  /** Excluded occurrences that one search passes over before it gives up. */
  private static final int MOST_EXCLUDED = 10_000;

  private static final int MOST_DATES = 2_000;

  private final ZoneId zone;
  private final DstPolicy policy;
  private final TimeLine timeLine;
  private final boolean hasStart;
  private final LocalDateTime start;
  private final Instant begin;
  private final List<Rule> rules;
  private final NavigableSet<Instant> dates;
  private final NavigableSet<LocalDateTime> localDates;
  private final Set<Instant> excluded;

  private Rrule(
      ZoneId zone,
      DstPolicy policy,
      boolean hasStart,
      LocalDateTime start,
      Instant begin,
      List<Rule> rules,
      NavigableSet<Instant> dates,
      NavigableSet<LocalDateTime> localDates,
      Set<Instant> excluded) {
    this.zone = zone;
    this.policy = policy;
    this.timeLine = new TimeLine(zone);
    this.hasStart = hasStart;
    this.start = start;
    this.begin = begin;
    this.rules = rules;
    this.dates = dates;
    this.localDates = localDates;
    this.excluded = excluded;
  }

  /**
   * Reads a recurrence set.
   *
   * @param zone for local times without a TZID
   * @param anchor stands for DTSTART where there is none
   * @throws InvalidInputException naming {@code schedule_expr} when it is none
   */
  public static Rrule parse(String expression, ZoneId zone, DstPolicy policy, Instant anchor) {
    Reader reader = new Reader(zone, policy);
    List<String> lines = expression.lines().map(String::strip).filter(l -> !l.isEmpty()).toList();
    // DTSTART decides the zone, wherever it stands.
    lines.stream().filter(line -> isStart(line)).forEach(reader::read);
    lines.stream().filter(line -> !isStart(line)).forEach(reader::read);
    return reader.set(anchor);
  }

  /**
   * The same set for another task: with a DTSTART itself, else as if read with another anchor.
   *
   * @param anchor stands for DTSTART where there is none
   */
  public Rrule from(Instant anchor) {
    if (hasStart) {
      return this;
    }
    Instant second = anchor.truncatedTo(ChronoUnit.SECONDS);
    LocalDateTime local = LocalDateTime.ofInstant(second, zone);
    return new Rrule(zone, policy, false, local, second, rules, dates, localDates, excluded);
  }

  private static boolean isStart(String line) {
    return line.toUpperCase(Locale.ROOT).startsWith("DTSTART");
  }

  /** By arithmetic where there is nothing but one rule of an even distance. */
  @Override
  public Tally tally(Instant after, Instant until) {
    Optional<Instant> first = next(after);
    Duration step = rules.size() == 1 ? rules.get(0).fixedStep() : null;
    boolean plain =
        step != null
            && dates.isEmpty()
            && excluded.isEmpty()
            && rules.get(0).count() == null
            && rules.get(0).until(zone, policy.overlap()) == null;
    if (!plain || step == null || first.isEmpty()) {
      return Schedule.super.tally(after, until);
    }
    Instant anchor = first.get().minus(step);
    return new Every(anchor, step).tally(anchor, until);
  }

  @Override
  public Optional<Instant> next(Instant after) {
    Instant from = after;
    for (int i = 0; i < MOST_EXCLUDED; i++) {
      Instant candidate = dates.higher(from);
      for (Rule rule : rules) {
        Instant next = next(rule, from);
        if (next != null && (candidate == null || next.isBefore(candidate))) {
          candidate = next;
        }
      }
      if (candidate == null || !excluded.contains(candidate)) {
        return Optional.ofNullable(candidate);
      }
      from = candidate;
    }
    return Optional.empty();
  }

  private @Nullable Instant next(Rule rule, Instant after) {
    Instant from = TimeLine.secondAfter(after);
    Optional<Instant> next;
    if (!rule.isFinerThanDaily()) {
      next = timeLine.firstByWallClock(rule.from(start, this::exists), policy, from);
    } else if (rule.fixedStep() != null) {
      next = stepped(rule.fixedStep(), rule.count(), begin, from);
    } else if (rule.count() == null) {
      next = elapsed(rule, begin, from.isBefore(begin) ? begin : from);
    } else {
      next = counted(rule, begin, from, rule.count());
    }
    Instant until = rule.until(zone, policy.overlap());
    return next.filter(instant -> until == null || !instant.isAfter(until)).orElse(null);
  }

  /** A local time that the policy skips is no occurrence, and not counted (RFC 5545, 3.3.10). */
  private boolean exists(LocalDateTime local) {
    return policy.gap() != DstGap.SKIP || !policy.place(local, zone).isEmpty();
  }

  private static Optional<Instant> stepped(
      Duration step, @Nullable Integer count, Instant begin, Instant from) {
    long number = 0;
    if (from.isAfter(begin)) {
      Duration passed = Duration.between(begin, from);
      number = passed.dividedBy(step);
      number += step.multipliedBy(number).equals(passed) ? 0 : 1;
    }
    return count != null && number >= count
        ? Optional.empty()
        : Optional.of(begin.plus(step.multipliedBy(number)));
  }

  /** Begins near the time asked for, in step with the anchor, which may be years away. */
  private Optional<Instant> elapsed(Rule rule, Instant begin, Instant from) {
    long passed = Math.max(0, Duration.between(begin, from).dividedBy(rule.period()) - 1);
    Instant near = begin.plus(rule.period().multipliedBy(passed));
    return timeLine.firstByElapsedTime(
        offset -> rule.endlessFrom(LocalDateTime.ofInstant(near, offset)), from);
  }

  private Optional<Instant> counted(Rule rule, Instant begin, Instant from, int count) {
    Optional<Instant> next = elapsed(rule, begin, begin);
    for (int i = 1; i < count && next.isPresent() && next.get().isBefore(from); i++) {
      next = elapsed(rule, begin, next.get().plusSeconds(1));
    }
    return next.filter(instant -> !instant.isBefore(from));
  }

  /** What it names before the policy and its exceptions take any of it away. */
  Candidates candidates() {
    NavigableSet<Instant> allDates = new TreeSet<>(dates);
    localDates.forEach(local -> allDates.addAll(Candidates.EVERYTHING.place(local, zone)));
    Rrule everything =
        new Rrule(
            zone,
            Candidates.EVERYTHING,
            hasStart,
            start,
            begin,
            rules,
            allDates,
            localDates,
            Set.<Instant>of());
    return new Candidates(everything, this::wallTime, zone, policy, excluded);
  }

  /** Its dates and the rules that follow the clocks on the wall. */
  private Optional<LocalDateTime> wallTime(LocalDateTime from) {
    return Stream.concat(
            Stream.ofNullable(localDates.ceiling(from)),
            rules.stream()
                .filter(rule -> !rule.isFinerThanDaily())
                .flatMap(rule -> rule.from(start, local -> true).atOrAfter(from).stream()))
        .min(Comparator.naturalOrder());
  }

  /** The same in English. */
  RuleSentence sentence() {
    return new RuleSentence(rules, start, zone, dates, excluded.size());
  }

  /** Collects the lines of a set. */
  private static final class Reader {
    private final DstPolicy policy;
    private final List<Rule> rules = new ArrayList<>();
    private final NavigableSet<Instant> dates = new TreeSet<>();
    private final NavigableSet<LocalDateTime> localDates = new TreeSet<>();
    private final Set<Instant> excluded = new HashSet<>();
    private ZoneId zone;
    private @Nullable LocalDateTime start;

    Reader(ZoneId zone, DstPolicy policy) {
      this.zone = zone;
      this.policy = policy;
    }

    void read(String line) {
      String text = line.toUpperCase(Locale.ROOT).startsWith("FREQ=") ? "RRULE:" + line : line;
      Matcher matcher = LINE.matcher(text);
      if (!matcher.matches()) {
        throw invalid(
            "must be FREQ=… or lines that begin with DTSTART, RRULE, RDATE or EXDATE; this one does"
                + " not: "
                + Excerpt.of(line));
      }
      String value = matcher.group(3).strip();
      switch (matcher.group(1)) {
        case "DTSTART" -> start(zoneOf(matcher.group(2)), value);
        case "RRULE" -> rules.add(rule(value));
        case "RDATE" -> dates(zoneOf(matcher.group(2)), value);
        default -> excluded.addAll(instants(zoneOf(matcher.group(2)), value));
      }
    }

    private void start(ZoneId startZone, String value) {
      if (start != null) {
        throw invalid("must not have more than one DTSTART.");
      }
      zone = value.endsWith("Z") ? ZoneOffset.UTC : startZone;
      start = local(value);
    }

    private void dates(ZoneId valueZone, String values) {
      dates.addAll(instants(valueZone, values));
      if (valueZone.equals(zone)) {
        Stream.of(values.split(","))
            .filter(value -> !value.endsWith("Z"))
            .forEach(value -> localDates.add(local(value)));
      }
    }

    private Rule rule(String value) {
      String parts = value.toUpperCase(Locale.ROOT);
      try {
        return Rule.parse(start == null ? withWholeTimes(parts) : parts);
      } catch (IllegalArgumentException e) {
        throw invalid("has an RRULE that RFC 5545 does not know: " + Excerpt.ofReason(e));
      }
    }

    /**
     * Who names an hour without DTSTART means the full hour, not the anchor's minute and second.
     */
    private static String withWholeTimes(String parts) {
      boolean fine = parts.matches(".*FREQ=(MINUTELY|SECONDLY).*");
      boolean byHour = parts.contains("BYHOUR=");
      boolean byMinute = parts.contains("BYMINUTE=");
      String whole = byHour && !byMinute && !fine ? parts + ";BYMINUTE=0" : parts;
      boolean needsSecond = !parts.contains("BYSECOND=") && !parts.contains("FREQ=SECONDLY");
      return (byHour || byMinute) && needsSecond ? whole + ";BYSECOND=0" : whole;
    }

    private ZoneId zoneOf(String parameters) {
      Matcher matcher = TZID.matcher(parameters);
      if (!matcher.find()) {
        return zone;
      }
      try {
        return ZoneId.of(matcher.group(1));
      } catch (DateTimeException e) {
        throw invalid("has a TZID that is no known time zone: " + Excerpt.of(matcher.group(1)));
      }
    }

    private List<Instant> instants(ZoneId valueZone, String values) {
      List<Instant> all = new ArrayList<>();
      for (String value : values.split(",")) {
        if (value.endsWith("Z")) {
          all.add(local(value).toInstant(ZoneOffset.UTC));
        } else {
          all.addAll(policy.place(local(value), valueZone));
        }
      }
      if (dates.size() + excluded.size() + all.size() > MOST_DATES) {
        throw invalid("must not have more than " + MOST_DATES + " dates.");
      }
      return all;
    }

    private static LocalDateTime local(String value) {
      String text = value.strip();
      try {
        if (text.length() == 8) {
          return LocalDate.parse(text, DateTimeFormatter.BASIC_ISO_DATE).atStartOfDay();
        }
        return LocalDateTime.parse(
            text.endsWith("Z") ? text.substring(0, text.length() - 1) : text, DATE_TIME);
      } catch (DateTimeException e) {
        throw invalid("has a time that is not of the form 20300131T120000: " + Excerpt.of(text));
      }
    }

    Rrule set(Instant anchor) {
      if (rules.isEmpty() && dates.isEmpty() && start == null) {
        throw invalid("must have an RRULE.");
      }
      if (rules.size() > 10) {
        throw invalid("must not have more than 10 RRULEs.");
      }
      LocalDateTime local = start;
      // An anchor may lie in the second pass of an overlap, which its local time does not tell.
      Instant begin = anchor.truncatedTo(ChronoUnit.SECONDS);
      if (local == null) {
        local = LocalDateTime.ofInstant(begin, zone);
      } else {
        begin = local.atZone(zone).toInstant();
        if (rules.isEmpty()) {
          dates.addAll(policy.place(local, zone));
          localDates.add(local);
        }
      }
      return new Rrule(
          zone,
          policy,
          start != null,
          local,
          begin,
          List.copyOf(rules),
          dates,
          localDates,
          Set.copyOf(excluded));
    }

    private static InvalidInputException invalid(String message) {
      return new InvalidInputException("schedule_expr", message);
    }
  }
}

package io.ordinaut.tests.chaos;

import static org.awaitility.Awaitility.await;

import io.ordinaut.work.Ids;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.BooleanSupplier;

/** Faults in a random order, which the seed decides. Each is counted once it was seen to happen. */
final class Storm {
  private static final Duration SIGHT = Duration.ofSeconds(20);

  /** Until a process that was started anew has leased something. */
  private static final Duration SLOW_START = Duration.ofSeconds(90);

  private static final Duration OVERTIME = Duration.ofMinutes(1);
  private static final Duration GLANCE = Duration.ofMillis(50);
  private static final String LOST_WITH_REDIS = "chaos:lost";

  private static final String BACKENDS =
      """
      SELECT pid || ' ' || backend_start FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE '%-service'
      ORDER BY pid\
      """;

  private static final String CUT =
      """
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE pid || ' ' || backend_start = ANY (string_to_array(?, ','))\
      """;

  private static final String TOKENS =
      """
      SELECT lease_token, extract(epoch FROM clock_timestamp())::bigint FROM due_work_open
      WHERE status = 'running' AND locked_by LIKE '%-' || ? || '-%'\
      """;

  private final Servers servers;
  private final Records records;
  private final List<Member> fleet;
  private final Settings settings;
  private final Random random;
  private final Map<Fault, Integer> seen = new EnumMap<>(Fault.class);
  private final Deque<Fault> next = new ArrayDeque<>();
  private final List<Pending> pending = new ArrayList<>();
  private int unseen;

  /** Something that a fault still has to come to; {@code step} says whether it has. */
  private record Pending(Instant until, BooleanSupplier step) {}

  Storm(Servers servers, Records records, List<Member> fleet, Settings settings) {
    this.servers = servers;
    this.records = records;
    this.fleet = fleet;
    this.settings = settings;
    this.random = new Random(settings.seed());
    List<Fault> one = new ArrayList<>(List.of(Fault.values()));
    Collections.shuffle(one, random);
    next.addAll(one);
  }

  /** Rages for the time that is set, at least once in each way, and leaves everything mended. */
  void rage() {
    Instant end = Instant.now().plus(settings.duration());
    Instant latest = end.plus(OVERTIME);
    while (Instant.now().isBefore(next.isEmpty() ? end : latest)) {
      Random own = new Random(random.nextLong());
      Fault fault = next();
      if (!strike(fault, own)) {
        // Nobody is there to be struck: connections always are.
        next.addLast(fault);
        strike(Fault.CUT_CONNECTIONS, own);
      }
      long pause = (long) (settings.pause().toMillis() * (0.5 + own.nextDouble()));
      lookUntil(Instant.now().plusMillis(pause));
    }
    await()
        .atMost(SLOW_START.plusSeconds(10))
        .pollInterval(GLANCE)
        .until(
            () -> {
              look();
              return pending.isEmpty();
            });
  }

  private Fault next() {
    List<Fault> kinds = Fault.weighted();
    return next.isEmpty() ? kinds.get(random.nextInt(kinds.size())) : next.removeFirst();
  }

  private void lookUntil(Instant end) {
    await()
        .atMost(Duration.ofMinutes(2))
        .pollDelay(Duration.ZERO)
        .pollInterval(GLANCE)
        .until(
            () -> {
              look();
              return Instant.now().isAfter(end);
            });
  }

  private void look() {
    for (Pending one : List.copyOf(pending)) {
      if (one.step().getAsBoolean()) {
        pending.remove(one);
      } else if (Instant.now().isAfter(one.until())) {
        pending.remove(one);
        unseen++;
      }
    }
  }

  /** Whether there was something to strike. */
  private boolean strike(Fault fault, Random own) {
    try {
      return switch (fault) {
        case KILL_WORKER -> kill(fault, pick(own, true));
        case KILL_SCHEDULER -> kill(fault, pick(own, false));
        case FREEZE_WORKER -> freeze(fault, pick(own, true), own);
        case FREEZE_SCHEDULER -> freeze(fault, pick(own, false), own);
        case CUT_CONNECTIONS -> cut(own);
        case CRASH_POSTGRES -> crashPostgres();
        case FLUSH_REDIS -> flushRedis();
        case RESTART_REDIS -> restartRedis(own);
        case SKEW_WORKER -> skew(pick(own, true), own);
      };
    } catch (IOException e) {
      throw new AssertionError(fault.sentence(), e);
    }
  }

  private Member pick(Random own, boolean worker) {
    List<Member> all =
        new ArrayList<>(fleet.stream().filter(member -> member.isWorker() == worker).toList());
    Collections.shuffle(all, own);
    return all.stream().filter(Member::isAtWork).findFirst().orElse(null);
  }

  private void saw(Fault fault, Object what) {
    seen.merge(fault, 1, Integer::sum);
    System.out.printf("%s %s: %s%n", Instant.now(), fault, what);
  }

  private boolean kill(Fault fault, Member member) {
    if (member == null) {
      return false;
    }
    member.process().signal("KILL");
    int code = member.process().awaitExit();
    if (code == 137) {
      saw(fault, member);
    }
    member.restart(member.skew());
    return true;
  }

  private boolean freeze(Fault fault, Member member, Random own) {
    if (member == null) {
      return false;
    }
    Duration length = Settings.LEASE.plusMillis(500 + own.nextInt(2_500));
    member.freeze();
    await().atMost(SIGHT).pollInterval(GLANCE).until(member::isStopped);
    Instant thaw = Instant.now().plus(length);
    pending.add(
        new Pending(
            thaw.plus(SIGHT),
            () -> {
              if (Instant.now().isBefore(thaw)) {
                return false;
              }
              boolean stood = member.isStopped();
              member.thaw();
              if (stood) {
                saw(fault, member + " for " + length);
              }
              return true;
            }));
    return true;
  }

  private boolean cut(Random own) {
    List<String> all = new ArrayList<>(firsts(records.query(BACKENDS)));
    if (all.isEmpty()) {
      return false;
    }
    Collections.shuffle(all, own);
    List<String> chosen = all.subList(0, 1 + own.nextInt(all.size()));
    records.query(CUT, String.join(",", chosen));
    await()
        .atMost(SIGHT)
        .pollInterval(GLANCE)
        .until(() -> Collections.disjoint(firsts(records.query(BACKENDS)), chosen));
    saw(Fault.CUT_CONNECTIONS, chosen.size() + " of " + all.size());
    return true;
  }

  private static List<String> firsts(List<List<String>> rows) {
    return rows.stream().map(row -> row.get(0)).toList();
  }

  private boolean crashPostgres() throws IOException {
    String before = startTime();
    servers.crashPostgres();
    if (!startTime().equals(before)) {
      saw(Fault.CRASH_POSTGRES, "it began at " + before);
    }
    return true;
  }

  private String startTime() {
    return records.query("SELECT pg_postmaster_start_time()").get(0).get(0);
  }

  private boolean flushRedis() throws IOException {
    servers.redis("SET", LOST_WITH_REDIS, "1");
    servers.redis("FLUSHALL");
    if (servers.redis("EXISTS", LOST_WITH_REDIS).equals("0")) {
      saw(Fault.FLUSH_REDIS, "a key is gone");
    }
    return true;
  }

  private boolean restartRedis(Random own) throws IOException {
    String before = servers.redisRunId();
    servers.stopRedis();
    lookUntil(Instant.now().plusMillis(500 + own.nextInt(2_500)));
    servers.startRedis();
    await().atMost(SIGHT).pollInterval(GLANCE).ignoreExceptions().until(this::redisAnswers);
    if (!servers.redisRunId().equals(before)) {
      saw(Fault.RESTART_REDIS, "it was " + before);
    }
    return true;
  }

  private boolean redisAnswers() throws IOException {
    return servers.redis("PING").equals("PONG");
  }

  /** Told to stop, so that this also sees workers hand back what they have. */
  private boolean skew(Member member, Random own) {
    if (member == null) {
      return false;
    }
    Duration offset = Duration.ofMinutes((2 + own.nextInt(30)) * (own.nextBoolean() ? 1 : -1));
    member.process().signal("TERM");
    member.process().awaitExit();
    member.restart(offset);
    pending.add(
        new Pending(
            Instant.now().plus(SLOW_START),
            () -> {
              boolean wrong = tokensAreOff(member.process().pid(), offset);
              if (wrong) {
                saw(Fault.SKEW_WORKER, member + " by " + offset);
              }
              return wrong;
            }));
    return true;
  }

  /** Lease tokens tell the time of the clock that they were made by. */
  private boolean tokensAreOff(long pid, Duration offset) {
    return records.query(TOKENS, Long.toString(pid)).stream()
        .anyMatch(
            row -> {
              Instant made = Ids.momentOf(UUID.fromString(row.get(0)));
              Instant now = Instant.ofEpochSecond(Long.parseLong(row.get(1)));
              Duration off = Duration.between(now, made).minus(offset).abs();
              return off.compareTo(Duration.ofSeconds(30)) < 0;
            });
  }

  /** How often each kind was seen to happen. */
  Map<Fault, Integer> seen() {
    return seen;
  }

  /** All that were seen. */
  int faults() {
    return seen.values().stream().mapToInt(Integer::intValue).sum();
  }

  /** Faults that were begun and not seen to happen. */
  int unseen() {
    return unseen;
  }

  /** Kinds that were never seen. */
  List<Fault> missing() {
    return Arrays.stream(Fault.values()).filter(fault -> !seen.containsKey(fault)).toList();
  }
}

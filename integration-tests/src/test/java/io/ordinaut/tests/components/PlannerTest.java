package io.ordinaut.tests.components;

import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.schedule.CatchUp;
import io.ordinaut.schedule.Every;
import io.ordinaut.schedule.FiringPolicy;
import io.ordinaut.schedule.Jitter;
import io.ordinaut.schedule.Overlap;
import io.ordinaut.schedule.Schedule;
import io.ordinaut.schedule.ScheduleKind;
import io.ordinaut.scheduler.plan.DueTask;
import io.ordinaut.scheduler.plan.Emission;
import io.ordinaut.scheduler.plan.Plan;
import io.ordinaut.scheduler.plan.Planner;
import io.ordinaut.scheduler.plan.Skip;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What becomes of owed occurrences, policy by policy. */
class PlannerTest {
  private static final Instant NOW = Instant.parse("2030-01-31T12:00:00Z");
  private static final UUID TASK = UUID.fromString("6f9c1f0e-7f7e-4c5e-9d52-3a0f0a3c1b11");

  private Overlap overlap = Overlap.ALLOW;
  private CatchUp catchUp = CatchUp.LATEST;
  private Duration window = Duration.ofDays(1);
  private Duration jitter = Duration.ZERO;
  private Long maxRuns;
  private Instant endsAt;
  private long started;
  private long going;
  private final NavigableSet<Instant> fired = new TreeSet<>();

  /** The plan of a task that fires every so often and whose cursor is so old. */
  private Plan plan(Duration every, Duration cursorAge) {
    Instant cursor = NOW.minus(cursorAge);
    FiringPolicy firing = new FiringPolicy(overlap, catchUp, window, jitter, null, endsAt, maxRuns);
    Schedule schedule = firing.bound(new Every(cursor, every));
    return Planner.plan(
        new DueTask(
            TASK,
            cursor,
            null,
            fired,
            NOW,
            started,
            going,
            ScheduleKind.CRON,
            firing,
            () -> schedule),
        Duration.ofSeconds(2));
  }

  private static List<Long> ages(Plan plan) {
    return plan.emissions().stream()
        .map(e -> Duration.between(e.runAt(), NOW).toSeconds())
        .toList();
  }

  private static List<String> spans(Plan plan) {
    return plan.skips().stream()
        .map(
            skip ->
                skip.reason().stored()
                    + " "
                    + Duration.between(skip.from(), NOW).toSeconds()
                    + ".."
                    + Duration.between(skip.to(), NOW).toSeconds()
                    + " ×"
                    + skip.count())
        .toList();
  }

  @Test
  void what_is_at_most_a_minute_late_fires_and_what_comes_within_the_look_ahead() {
    Plan plan = plan(Duration.ofSeconds(10), Duration.ofSeconds(60));
    assertThat(ages(plan)).containsExactly(60L, 50L, 40L, 30L, 20L, 10L, 0L);
    assertThat(plan.skips()).isEmpty();
    assertThat(plan.advance().nextRun()).isEqualTo(NOW.plusSeconds(10));
  }

  @Test
  void of_what_was_missed_the_newest_fires() {
    Plan plan = plan(Duration.ofSeconds(100), Duration.ofSeconds(1000));
    assertThat(ages(plan)).containsExactly(100L, 0L);
    assertThat(spans(plan)).containsExactly("coalesced 1000..200 ×9");
  }

  @Test
  void what_has_fired_already_neither_fires_again_nor_lies_in_a_span() {
    fired.add(NOW.minusSeconds(700));
    fired.add(NOW.minusSeconds(100));
    fired.add(NOW.plusSeconds(100));
    Plan plan = plan(Duration.ofSeconds(100), Duration.ofSeconds(1000));
    assertThat(ages(plan)).containsExactly(200L, 0L);
    assertThat(spans(plan)).containsExactly("coalesced 1000..800 ×3", "coalesced 600..300 ×4");
    assertThat(plan.advance().nextRun()).isEqualTo(NOW.plusSeconds(200));
  }

  @Test
  void a_task_whose_last_occurrences_have_fired_is_over_or_ends_with_what_fires_before() {
    endsAt = NOW.plusSeconds(10);
    fired.add(NOW.plusSeconds(10));
    Plan plan = plan(Duration.ofSeconds(10), Duration.ZERO);
    assertThat(plan.emissions()).singleElement().matches(Emission::isLast);
    assertThat(plan.advance().nextRun()).isNull();
    fired.add(NOW);
    plan = plan(Duration.ofSeconds(10), Duration.ZERO);
    assertThat(plan.emissions()).isEmpty();
    assertThat(plan.advance().isOver()).isTrue();
  }

  @Test
  void beyond_the_window_nothing_fires() {
    window = Duration.ofSeconds(550);
    Plan plan = plan(Duration.ofSeconds(100), Duration.ofSeconds(1000));
    assertThat(ages(plan)).containsExactly(100L, 0L);
    assertThat(spans(plan))
        .containsExactly("misfire_skipped 1000..600 ×5", "coalesced 500..200 ×4");
    window = Duration.ofSeconds(90);
    plan = plan(Duration.ofSeconds(100), Duration.ofSeconds(1000));
    assertThat(ages(plan)).containsExactly(0L);
    assertThat(spans(plan)).containsExactly("misfire_skipped 1000..100 ×10");
  }

  @Test
  void catching_up_with_none_skips_and_with_all_is_paced() {
    catchUp = CatchUp.NONE;
    Plan none = plan(Duration.ofSeconds(100), Duration.ofSeconds(500));
    assertThat(ages(none)).containsExactly(0L);
    assertThat(spans(none)).containsExactly("misfire_skipped 500..100 ×5");
    catchUp = CatchUp.ALL;
    Plan all = plan(Duration.ofSeconds(100), Duration.ofSeconds(500));
    assertThat(ages(all)).containsExactly(500L, 400L, 300L, 200L, 100L, 0L);
    assertThat(all.emissions().subList(0, 5).stream().map(Emission::availableAt))
        .isSorted()
        .doesNotHaveDuplicates();
  }

  @Test
  void catching_up_with_all_never_has_more_than_a_thousand_waiting() {
    catchUp = CatchUp.ALL;
    going = 995;
    Plan plan = plan(Duration.ofSeconds(100), Duration.ofSeconds(1000));
    assertThat(ages(plan)).containsExactly(1000L, 900L, 800L, 700L, 600L, 0L);
    assertThat(spans(plan)).containsExactly("misfire_skipped 500..100 ×5");
  }

  @Test
  void overlap_is_decided_at_its_time_and_not_ahead() {
    overlap = Overlap.SKIP;
    Plan plan = plan(Duration.ofSeconds(1), Duration.ZERO);
    assertThat(ages(plan)).containsExactly(0L);
    assertThat(plan.advance().nextRun()).isEqualTo(NOW.plusSeconds(1));
  }

  @Test
  void a_run_that_is_still_going_is_skipped_buffered_or_canceled() {
    overlap = Overlap.SKIP;
    going = 1;
    assertThat(spans(plan(Duration.ofSeconds(30), Duration.ZERO)))
        .containsExactly("overlap_skipped 0..0 ×1");
    overlap = Overlap.BUFFER_ONE;
    assertThat(ages(plan(Duration.ofSeconds(30), Duration.ZERO))).containsExactly(0L);
    going = 2;
    assertThat(spans(plan(Duration.ofSeconds(30), Duration.ZERO)))
        .containsExactly("overlap_skipped 0..0 ×1");
    overlap = Overlap.CANCEL_RUNNING;
    Plan plan = plan(Duration.ofSeconds(30), Duration.ofSeconds(60));
    assertThat(plan.stopsGoing()).isTrue();
    assertThat(ages(plan)).containsExactly(0L);
    assertThat(spans(plan)).containsExactly("overlap_skipped 60..30 ×2");
  }

  @Test
  void the_last_of_max_runs_is_the_last_and_nothing_follows() {
    maxRuns = 5L;
    started = 3;
    Plan plan = plan(Duration.ofSeconds(10), Duration.ofSeconds(30));
    assertThat(ages(plan)).containsExactly(30L, 20L);
    assertThat(plan.emissions().get(1).isLast()).isTrue();
    assertThat(plan.advance().nextRun()).isNull();
    assertThat(spans(plan)).containsExactly("max_runs 10..0 ×2");
    started = 5;
    plan = plan(Duration.ofSeconds(10), Duration.ofSeconds(30));
    assertThat(plan.emissions()).isEmpty();
    assertThat(plan.advance().isOver()).isTrue();
  }

  @Test
  void what_is_one_too_many_is_not_recorded_ahead_of_its_time() {
    maxRuns = 1L;
    Plan plan = plan(Duration.ofSeconds(1), Duration.ofSeconds(2));
    assertThat(ages(plan)).containsExactly(2L);
    assertThat(spans(plan)).containsExactly("max_runs 1..0 ×2");
  }

  @Test
  void a_schedule_ends_at_its_bound_inclusive() {
    endsAt = NOW.minusSeconds(10);
    Plan plan = plan(Duration.ofSeconds(10), Duration.ofSeconds(30));
    assertThat(ages(plan)).containsExactly(30L, 20L, 10L);
    assertThat(plan.emissions().get(2).isLast()).isTrue();
    assertThat(plan.advance().nextRun()).isNull();
  }

  @Test
  void jitter_moves_when_work_is_available_and_is_the_same_whoever_asks() {
    jitter = Duration.ofSeconds(30);
    Plan plan = plan(Duration.ofSeconds(60), Duration.ofSeconds(60));
    assertThat(plan.emissions())
        .allSatisfy(
            e -> {
              assertThat(e.availableAt()).isBetween(e.runAt(), e.runAt().plusSeconds(30));
              assertThat(e.availableAt()).isEqualTo(Jitter.availableAt(TASK, e.runAt(), jitter));
            });
    assertThat(plan.emissions().stream().map(e -> Duration.between(e.runAt(), e.availableAt())))
        .doesNotHaveDuplicates();
  }

  @Test
  void every_occurrence_before_the_new_cursor_is_exactly_one_of_fired_or_recorded() {
    java.util.Random random = new java.util.Random(42);
    for (int i = 0; i < 5_000; i++) {
      overlap = Overlap.values()[random.nextInt(4)];
      catchUp = CatchUp.values()[random.nextInt(3)];
      window = Duration.ofSeconds(random.nextInt(2_000));
      going = random.nextInt(4);
      maxRuns = random.nextInt(4) == 0 ? 1L + random.nextInt(20) : null;
      started = maxRuns == null ? 0 : random.nextInt(maxRuns.intValue() + 1);
      endsAt = random.nextInt(4) == 0 ? NOW.plusSeconds(random.nextInt(3_000) - 2_500) : null;
      Duration every = Duration.ofSeconds(1 + random.nextInt(200));
      Duration age = Duration.ofSeconds(random.nextInt(3_000));
      Plan plan = plan(every, age);
      long covered = plan.emissions().size() + plan.skips().stream().mapToInt(Skip::count).sum();
      long owed = owed(plan, every, NOW.minus(age));
      assertThat(covered).as("case %d: %s", i, plan).isEqualTo(owed);
      assertThat(plan.emissions().stream().map(Emission::runAt)).doesNotHaveDuplicates().isSorted();
    }
  }

  /** Counts by itself what lies before the plan's cursor. */
  private long owed(Plan plan, Duration every, Instant cursor) {
    Instant until = overlap == Overlap.ALLOW ? NOW.plusSeconds(2) : NOW;
    Instant end = plan.advance().nextRun() == null ? until.plusNanos(1) : plan.advance().nextRun();
    long count = 0;
    // The cursor itself is owed whatever the bounds say.
    for (Instant at = cursor; at.isBefore(end) && count < 1_000; at = at.plus(every)) {
      if (count > 0 && endsAt != null && at.isAfter(endsAt)) {
        break;
      }
      if (maxRuns != null && at.isAfter(NOW) && !fires(plan, at)) {
        continue; // One too many is so at its time, not ahead of it.
      }
      count++;
    }
    return count;
  }

  private static boolean fires(Plan plan, Instant at) {
    return plan.emissions().stream().anyMatch(e -> e.runAt().equals(at));
  }
}

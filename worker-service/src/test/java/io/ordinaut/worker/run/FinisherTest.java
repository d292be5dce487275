package io.ordinaut.worker.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.failure.ErrorCode;
import io.ordinaut.json.Json;
import io.ordinaut.store.DbException;
import io.ordinaut.work.RunStatus;
import io.ordinaut.worker.lease.Lease;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** An ending that takes too long to be written keeps no other from it. */
class FinisherTest {
  private final List<Ending> stored = Collections.synchronizedList(new ArrayList<>());
  private final AtomicInteger tooLong = new AtomicInteger();
  private final CountDownLatch tried = new CountDownLatch(4);
  private final AtomicBoolean down = new AtomicBoolean();
  private final AtomicBoolean locked = new AtomicBoolean();
  private final List<Integer> sizes = Collections.synchronizedList(new ArrayList<>());

  private static DbException timeout() {
    return new DbException("did not answer within 10 s.", null, new TimeoutException());
  }

  private Set<UUID> write(List<Ending> batch) {
    if (down.get() || locked.get() || batch.stream().anyMatch(FinisherTest::isHuge)) {
      tooLong.incrementAndGet();
      tried.countDown();
      throw timeout();
    }
    stored.addAll(batch);
    return batch.stream().map(ending -> ending.lease().id()).collect(Collectors.toSet());
  }

  private void ask() {
    if (down.get()) {
      throw timeout();
    }
  }

  private static boolean isHuge(Ending ending) {
    return Objects.requireNonNull(ending.run()).outputs().has("huge");
  }

  private static Ending ending(boolean huge) {
    Instant now = Instant.EPOCH;
    UUID id = UUID.randomUUID();
    Lease lease =
        new Lease(
            id,
            null,
            "",
            now,
            1,
            0,
            id,
            "{}",
            null,
            null,
            null,
            false,
            "schedule",
            false,
            id,
            id,
            0,
            false,
            now,
            now,
            0);
    var outputs = huge ? Json.object().put("huge", "x".repeat(300_000)) : Json.object();
    return new Ending(
        lease,
        now,
        new RunOutcome.Ended(RunStatus.SUCCESS, outputs, null, null),
        List.of(),
        new CompletableFuture<>());
  }

  @Test
  void what_can_not_be_written_in_time_ends_without_its_data_and_the_others_with_theirs()
      throws Exception {
    Ending huge = ending(true);
    List<Ending> others = List.of(ending(false), ending(false), ending(false));
    Finisher finisher = new Finisher(this::write, this::ask);
    try (finisher) {
      finisher.submit(huge);
      others.forEach(finisher::submit);
      for (Ending other : others) {
        assertThat(other.written().get(20, TimeUnit.SECONDS)).isTrue();
      }
      assertThat(huge.written().get(20, TimeUnit.SECONDS)).isTrue();
    }
    // Only its thread, which has ended now, knows that it has counted what it has written.
    assertThat(finisher.unwritten()).isZero();
    assertThat(stored).hasSize(4).containsAll(others);
    assertThat(stored)
        .filteredOn(ending -> ending.lease().equals(huge.lease()))
        .singleElement()
        .extracting(ending -> Objects.requireNonNull(ending.run()).code())
        .isEqualTo(ErrorCode.OUTPUT_INVALID);
    assertThat(tooLong.get()).isBetween(3, 4);
  }

  @Test
  void what_could_not_be_written_waits_once() throws Exception {
    List<Ending> huge = List.of(ending(true), ending(true));
    List<Ending> others = Stream.generate(() -> ending(false)).limit(700).toList();
    AtomicInteger asked = new AtomicInteger();
    Runnable goesDownTwice =
        () -> {
          if (Set.of(2, 5).contains(asked.incrementAndGet())) {
            throw timeout();
          }
        };
    try (Finisher finisher = new Finisher(this::write, goesDownTwice)) {
      huge.forEach(finisher::submit);
      others.forEach(finisher::submit);
      for (Ending ending : Stream.concat(huge.stream(), others.stream()).toList()) {
        assertThat(ending.written().get(20, TimeUnit.SECONDS)).isTrue();
      }
    }
    assertThat(stored).extracting(Ending::lease).doesNotHaveDuplicates().hasSize(702);
  }

  @Test
  void what_brings_little_and_waits_for_a_lock_keeps_its_data_however_long_that_takes()
      throws Exception {
    locked.set(true);
    Ending small = ending(false);
    try (Finisher finisher = new Finisher(this::write, this::ask)) {
      finisher.submit(small);
      assertThat(tried.await(20, TimeUnit.SECONDS)).isTrue();
      locked.set(false);
      assertThat(small.written().get(30, TimeUnit.SECONDS)).isTrue();
      assertThat(stored).containsExactly(small);
    }
  }

  @Test
  void one_statement_does_not_write_more_than_it_can_hold() throws Exception {
    List<Ending> endings = Stream.generate(() -> ending(true)).limit(90).toList();
    try (Finisher finisher = new Finisher(this::count, this::ask)) {
      endings.forEach(finisher::submit);
      for (Ending ending : endings) {
        assertThat(ending.written().get(20, TimeUnit.SECONDS)).isTrue();
      }
    }
    assertThat(sizes).allMatch(size -> size <= 16 * 4);
  }

  private Set<UUID> count(List<Ending> batch) {
    sizes.add(batch.size());
    return batch.stream().map(ending -> ending.lease().id()).collect(Collectors.toSet());
  }

  @Test
  void while_the_database_answers_nobody_an_ending_keeps_its_data() throws Exception {
    down.set(true);
    Ending small = ending(false);
    try (Finisher finisher = new Finisher(this::write, this::ask)) {
      finisher.submit(small);
      assertThat(tried.await(20, TimeUnit.SECONDS)).isTrue();
      down.set(false);
      assertThat(small.written().get(30, TimeUnit.SECONDS)).isTrue();
      assertThat(stored).containsExactly(small);
    }
  }
}

package io.ordinaut.tests.components;

import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.store.DbException;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.loop.Worker;
import io.vertx.sqlclient.Tuple;
import java.lang.reflect.Field;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is due under a key starts at once, however many keys wait and whatever is full. */
class KeyedClaimTest {
  private static final Pattern BUFFERS =
      Pattern.compile("Buffers: shared(?: hit=(\\d+))?(?: read=(\\d+))?");

  @AutoClose private final Harness db = new Harness();

  private void insert(int rows, String runAt, String key, String status) {
    db.execute(insertion(runAt, key, status), rows);
  }

  private static String insertion(String runAt, String key, String status) {
    return """
        INSERT INTO due_work_open (run_at, status, locked_until, payload, concurrency_key,
          concurrency_limit)
        SELECT now() + interval '%s', '%s', now() + interval '1 h', '{"pipeline": []}', %s, 1
        FROM generate_series(1, $1) i"""
        .formatted(runAt, status, key);
  }

  @Test
  void what_is_due_does_not_wait_for_keys_under_which_nothing_is() {
    insert(3_000, "5 h", "'task:' || gen_random_uuid()", "pending");
    insert(1, "-1 s", "'zzz'", "pending");
    assertThat(db.worker("w").lease(10).leases()).hasSize(1);
  }

  @Test
  void a_walk_that_has_not_come_round_goes_on_at_once_and_then_rests() {
    insert(250, "-1 s", "'full ' || i", "running");
    insert(250, "-1 s", "'full ' || i", "pending");
    Worker worker = db.worker("w");
    assertThat(worker.turn()).isEqualTo(Duration.ZERO);
    assertThat(worker.turn()).as("it has come round").isPositive();
    insert(1, "-1 s", "'zzz'", "pending");
    assertThat(worker.lease(10).leases()).isEmpty();
    assertThat(worker.lease(10).leases()).hasSize(1);
  }

  @Test
  void work_under_keys_and_without_is_leased_by_turns_while_there_is_more_of_both() {
    insert(100, "-1 s", "NULL", "pending");
    insert(100, "-1 s", "'key ' || i", "pending");
    Worker worker = db.worker("w");
    List<Lease> leases = claims(worker, 12, 5);
    assertThat(leases).hasSize(60);
    assertThat(leases.stream().filter(Lease::keyed).count()).isBetween(20L, 40L);
  }

  @Test
  void behind_full_keys_and_a_backlog_a_key_that_has_room_is_found_in_ten_claims() {
    insert(200, "-1 s", "NULL", "pending");
    insert(20, "-1 s", "'full ' || i", "running");
    insert(20, "-1 s", "'full ' || i", "pending");
    Worker worker = db.worker("w");
    assertThat(claims(worker, 12, 5)).hasSize(60).noneMatch(Lease::keyed);
    insert(1, "-1 s", "'free'", "pending");
    assertThat(claims(worker, 10, 5)).hasSize(50).anyMatch(Lease::keyed);
  }

  @Test
  void a_backlog_hides_neither_leases_that_ran_out_nor_what_is_to_be_ended() {
    insert(100, "-1 s", "NULL", "pending");
    insert(3, "-1 s", "'key ' || i", "pending");
    insert(1, "-1 s", "NULL", "running");
    db.execute(
        """
        UPDATE due_work_open SET locked_until = now() - interval '1 s' WHERE status = 'running'""");
    db.execute("UPDATE due_work_open SET deadline = now() WHERE concurrency_key = 'key 1'");
    db.execute("UPDATE due_work_open SET cancel_requested = true WHERE concurrency_key = 'key 2'");
    List<Lease> leases = db.worker("w").lease(5).leases();
    assertThat(leases).hasSize(5);
    assertThat(leases.stream().filter(Lease::keyed).count()).isEqualTo(2);
    assertThat(leases.stream().filter(lease -> lease.lostLeases() == 1).count()).isEqualTo(1);
  }

  @Test
  void what_is_to_be_ended_and_stands_at_the_head_counts_once() {
    insert(10, "-2 s", "NULL", "pending");
    insert(5, "-2 s", "'key ' || i", "pending");
    db.execute("UPDATE due_work_open SET deadline = now(), cancel_requested = true");
    insert(100, "-1 s", "NULL", "pending");
    assertThat(db.worker("w").lease(40).leases()).hasSize(40);
  }

  @ParameterizedTest
  @CsvSource({"NULL", "NOT NULL"})
  void what_one_half_of_a_claim_has_leased_is_run_though_the_other_fails(String which) {
    insert(20, "-1 s", "NULL", "pending");
    insert(20, "-1 s", "'key ' || i", "pending");
    Worker worker = db.worker("w");
    assertThat(worker.lease(5).leases()).as("keys are seen").hasSize(5);
    db.execute(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'no'; END$$");
    db.execute(
        """
        CREATE TRIGGER fail BEFORE UPDATE ON due_work_open FOR EACH ROW
        WHEN (NEW.concurrency_key IS %s) EXECUTE FUNCTION fail()"""
            .formatted(which));
    int leased = 0;
    for (int i = 0; i < 4; i++) {
      try {
        leased += worker.lease(30).leases().size();
      } catch (DbException e) {
        // Nothing had been leased.
      }
    }
    assertThat(leased).isPositive();
    assertThat(db.count("SELECT count(*) FROM due_work_open WHERE status = 'running'"))
        .isEqualTo(5 + leased);
  }

  private static List<Lease> claims(Worker worker, int claims, int limit) {
    List<Lease> leases = new ArrayList<>();
    for (int i = 0; i < claims; i++) {
      leases.addAll(worker.lease(limit).leases());
    }
    return leases;
  }

  /** As services plan: once, perhaps when there was nothing, and for ever. */
  @ParameterizedTest
  @CsvSource({"50, true", "50, false", "1, true", "1, false"})
  void
      behind_full_keys_a_claim_reads_a_few_pages_for_each_key_whatever_was_known_when_it_was_planned(
          int keys, boolean analyzed) throws ReflectiveOperationException {
    Field field =
        Class.forName("io.ordinaut.worker.lease.KeyedLeaseTable").getDeclaredField("LOCK_KEYS");
    field.setAccessible(true);
    String statement = (String) field.get(null);
    String plan =
        db.db()
            .transaction(
                tx -> {
                  if (analyzed) {
                    tx.execute("ANALYZE due_work_open", Tuple.tuple());
                  }
                  tx.execute("PREPARE looked_at AS " + statement, Tuple.tuple());
                  tx.query("EXECUTE looked_at ('', 200)", Tuple.tuple(), row -> row);
                  tx.execute(insertion("-1 s", "'k' || i", "running"), Tuple.of(keys));
                  tx.execute(
                      insertion("-1 s", "'k' || 1 + i % " + keys, "pending"), Tuple.of(5_000));
                  List<String> lines =
                      tx.query(
                          "EXPLAIN (ANALYZE, BUFFERS) EXECUTE looked_at ('', 200)",
                          Tuple.tuple(),
                          row -> row.getString(0));
                  tx.execute("DEALLOCATE looked_at", Tuple.tuple());
                  return String.join("\n", lines);
                });
    Matcher buffers = BUFFERS.matcher(plan);
    assertThat(buffers.find()).as(plan).isTrue();
    assertThat(number(buffers.group(1)) + number(buffers.group(2)))
        .as(plan)
        .isLessThanOrEqualTo(12L * keys + 20);
  }

  private static long number(String digits) {
    return digits == null ? 0 : Long.parseLong(digits);
  }
}

package io.ordinaut.tests.workflows;

import static io.ordinaut.tests.utils.PipelineBench.outputs;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.json.Json;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.tests.utils.Ledger;
import io.ordinaut.tests.utils.PipelineBench;
import io.ordinaut.worker.loop.Worker;
import io.ordinaut.worker.run.RunOutcome;
import io.vertx.sqlclient.Row;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Steps that are done for each element of a list. */
@Order(4)
class ListFlowTest {
  @AutoClose private final PipelineBench bench = new PipelineBench();
  private final Ledger ledger = bench.ledger();
  private final Harness db = bench.db();

  @Test
  void a_list_is_done_element_by_element_in_order() {
    UUID id =
        bench.work(
            """
            [{"id": "each", "uses": "act", "foreach": "[`7`, `8`, `9`]", "max_parallel": 3,
              "with": {"n": "${item}", "i": "${index}"}, "save_as": "all"}]""");
    Row run = bench.executed(id);
    assertThat(run.getString("status")).isEqualTo("success");
    assertThat(outputs(run).get("all"))
        .extracting(one -> one.at("/input/n").asInt())
        .containsExactly(7, 8, 9);
    assertThat(outputs(run).get("all"))
        .extracting(one -> one.get("receipt").asText())
        .containsExactly(id + ":each:0", id + ":each:1", id + ":each:2");
    assertThat(bench.log(id))
        .containsExactlyInAnyOrder(
            "step each[0] success", "step each[1] success", "step each[2] success");
  }

  @Test
  void an_empty_list_yields_an_empty_list() {
    UUID id =
        bench.work(
            """
            [{"id": "none", "uses": "act", "foreach": "`[]`", "save_as": "none"}]""");
    assertThat(outputs(bench.executed(id)).get("none")).isEmpty();
    assertThat(ledger.entries()).isEmpty();
  }

  @Test
  void what_is_no_list_is_a_template_error() {
    Row run =
        bench.executed(bench.work("[{\"id\": \"x\", \"uses\": \"act\", \"foreach\": \"params\"}]"));
    assertThat(run.getString("error_code")).isEqualTo("template_error");
    assertThat(run.getString("error_message")).contains("must yield a list, and yields object");
  }

  @Test
  void no_more_elements_than_allowed_are_under_way_and_those_at_once() {
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    CyclicBarrier three = new CyclicBarrier(3);
    bench.actingBy(
        call -> {
          most.accumulateAndGet(running.incrementAndGet(), Math::max);
          meet(three);
          running.decrementAndGet();
          return call.input();
        });
    Row run =
        bench.executed(
            bench.work(
                """
                [{"id": "each", "uses": "act", "foreach": "[`1`,`2`,`3`,`4`,`5`,`6`,`7`,`8`,`9`]",
                  "max_parallel": 3, "timeout_seconds": 30}]"""));
    assertThat(run.getString("status")).isEqualTo("success");
    assertThat(most.get()).isEqualTo(3);
  }

  @Test
  void elements_that_finished_are_not_done_again_by_a_retry() {
    UUID id =
        bench.work(
            """
            [{"id": "each", "uses": "act", "foreach": "[`0`, `0`, `1`, `0`]", "save_as": "all",
              "with": {"fails": "${item}", "at": "${now}"}}]""",
            2);
    assertThat(bench.turn()).isInstanceOf(RunOutcome.Parked.class);
    assertThat(ledger.effects()).containsExactly("each:0", "each:1");
    Row run = bench.executed(id);
    assertThat(run.getString("status")).isEqualTo("success");
    assertThat(run.getInteger("attempt")).isEqualTo(2);
    assertThat(ledger.effects()).containsExactly("each:0", "each:1", "each:2", "each:3");
    assertThat(ledger.ambiguousKeys()).isEmpty();
  }

  @Test
  void an_element_that_hangs_is_cut_alone() {
    CountDownLatch never = new CountDownLatch(1);
    ledger.before(
        call -> {
          if (call.input().path("n").asInt() == 1) {
            never.await();
          }
        });
    UUID id =
        bench.work(
            """
            [{"id": "each", "uses": "act", "foreach": "[`0`, `1`, `2`, `3`]", "max_parallel": 2,
              "timeout_seconds": 5, "on_error": "continue", "with": {"n": "${item}"},
              "save_as": "all"}]""");
    assertThat(bench.turn()).isInstanceOf(RunOutcome.Ended.class);
    Row run = bench.executed(id);
    assertThat(run.getString("status")).isEqualTo("success");
    assertThat(outputs(run).get("all"))
        .extracting(JsonNode::isNull)
        .containsExactly(false, true, false, false);
    assertThat(bench.log(id).subList(0, 3)).allMatch(row -> row.endsWith("success"));
    assertThat(db.query("SELECT error_code FROM run_log WHERE item = 1").get(0).getString(0))
        .isEqualTo("timeout");
  }

  @Test
  void canceling_stops_every_element() {
    CountDownLatch begun = new CountDownLatch(3);
    CountDownLatch never = new CountDownLatch(1);
    AtomicInteger stopped = new AtomicInteger();
    Worker worker =
        bench.actingBy(
            call -> {
              begun.countDown();
              try {
                never.await();
              } catch (InterruptedException e) {
                stopped.incrementAndGet();
                throw e;
              }
              return call.input();
            });
    bench.work(
        """
        [{"id": "each", "uses": "act", "foreach": "[`0`, `1`, `2`, `3`]", "max_parallel": 3}]""");
    worker.turn();
    await().until(() -> begun.getCount() == 0);
    db.execute("UPDATE due_work_open SET cancel_requested = true");
    worker.watch();
    await().until(() -> db.count("SELECT count(*) FROM task_run WHERE status = 'canceled'") == 1);
    assertThat(stopped.get()).isEqualTo(3);
    assertThat(db.query("SELECT status FROM run_log"))
        .as("what was cut")
        .hasSize(3)
        .allMatch(row -> row.getString("status").equals("canceled"));
  }

  @Test
  void the_outputs_of_a_list_are_together_no_larger_than_one() {
    String large = "x".repeat(100_000);
    bench.actingBy(call -> Json.object().put("large", large));
    Row run =
        bench.executed(
            bench.work(
                """
                [{"id": "each", "uses": "act", "foreach": "[`0`, `1`, `2`, `3`]"}]"""));
    assertThat(run.getString("error_code")).isEqualTo("output_invalid");
    assertThat(run.getString("error_message")).startsWith("Step each, item 2: The outputs of all");
  }

  @Test
  void a_list_that_another_worker_takes_over_repeats_no_finished_element() {
    UUID id =
        bench.work(
            """
            [{"id": "each", "uses": "act", "foreach": "[`0`, `1`, `2`, `3`, `4`, `5`]",
              "max_parallel": 2, "with": {"n": "${item}", "at": "${now}"}, "save_as": "all"}]""");
    ledger.after(
        call -> {
          if (call.idempotencyKey().endsWith(":each:3")) {
            bench.loses(id);
          }
        });
    assertThat(bench.turn()).isInstanceOf(RunOutcome.Lost.class);
    List<Integer> finished =
        db.query("SELECT item FROM run_log").stream().map(row -> row.getInteger("item")).toList();
    assertThat(finished).hasSizeGreaterThanOrEqualTo(2).doesNotContain(3);

    Worker other = bench.worker("other", ledger);
    other.lease(1).leases().forEach(other::execute);
    Row run = db.query("SELECT * FROM task_run").get(0);
    assertThat(run.getString("status")).as(run.getString("error_message")).isEqualTo("success");
    assertThat(run.getString("worker_id")).isEqualTo("other");
    assertThat(finished).allMatch(n -> ledger.calls(id + ":each:" + n).count() == 1);
    assertThat(ledger.calls(id + ":each:3")).as("its effect has met no checkpoint").hasSize(2);
    assertThat(ledger.ambiguousKeys()).isEmpty();
    assertThat(outputs(run).get("all"))
        .extracting(one -> one.at("/input/n").asInt())
        .containsExactly(0, 1, 2, 3, 4, 5);
    assertThat(bench.log(id)).hasSize(6).doesNotHaveDuplicates();
  }

  @Test
  @Timeout(90)
  void a_list_that_can_not_be_had_any_more_ends_its_step_though_elements_were_done() {
    db.secret("A", "first-of-all");
    UUID id =
        bench.work(
            """
            [{"id": "s", "uses": "act", "foreach": "[secrets.A, secrets.A]",
              "on_error": "continue", "save_as": "s"},
             {"id": "after", "uses": "act", "save_as": "after"}]""");
    ledger.before(
        call -> {
          if (call.idempotencyKey().endsWith("s:1") && bench.loses(id)) {
            db.execute("DELETE FROM secret");
          }
        });
    assertThat(bench.turn()).isInstanceOf(RunOutcome.Lost.class);
    bench.actingBy(ledger);
    Row run = bench.executed(id);
    assertThat(run.getString("status")).isEqualTo("success");
    assertThat(outputs(run).get("s").isNull()).isTrue();
    assertThat(ledger.calls(id + ":after")).hasSize(1);
  }

  @Test
  void an_error_in_any_lane_is_the_failure_of_its_element() {
    for (Error error : List.of(new StackOverflowError(), new AssertionError("odd"))) {
      CyclicBarrier three = new CyclicBarrier(3);
      Set<Integer> begun = ConcurrentHashMap.newKeySet();
      bench.actingBy(
          call -> {
            int item = call.input().get("n").asInt();
            if (begun.add(item)) {
              meet(three);
            }
            if (item == 1) {
              throw error;
            }
            return call.input();
          });
      UUID id =
          bench.work(
              """
              [{"id": "each", "uses": "act", "foreach": "[`0`, `1`, `2`]", "max_parallel": 3,
                "with": {"n": "${item}"}, "on_error": "rollback", "retry_count": 3,
                "timeout_seconds": 30, "compensate": {"uses": "echo-tool"}}]""");
      Row run = bench.executed(id);
      assertThat(run.getString("error_message"))
          .startsWith("Max retries exhausted. Step each, item 1: The tool failed: ")
          .containsAnyOf("StackOverflowError", "odd");
      assertThat(bench.log(id))
          .containsOnlyOnce("compensate each[0] success", "compensate each[2] success")
          .doesNotContain("compensate each[1] success");
    }
  }

  private static void meet(CyclicBarrier others) throws InterruptedException {
    try {
      others.await();
    } catch (BrokenBarrierException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void elements_are_logged_in_the_order_in_which_they_ended() {
    List<Integer> places = List.of(1, 2, 0);
    ledger.before(
        call -> {
          int place = places.get(call.input().get("n").asInt());
          await().until(() -> db.count("SELECT count(*) FROM run_log") == place);
        });
    UUID id =
        bench.work(
            """
            [{"id": "each", "uses": "act", "foreach": "[`0`, `1`, `2`]", "max_parallel": 3,
              "with": {"n": "${item}"}}]""");
    bench.executed(id);
    assertThat(bench.log(id))
        .containsExactly("step each[2] success", "step each[0] success", "step each[1] success");
  }

  @Test
  void no_row_of_the_log_is_older_than_one_that_ended_before() {
    UUID id =
        bench.work(
            """
            [{"id": "one", "uses": "echo-tool"}, {"id": "two", "uses": "echo-tool"},
             {"id": "each", "uses": "act", "foreach": "params.list", "max_parallel": 16}]""");
    db.execute(
        """
        UPDATE due_work_open SET payload = payload || jsonb_build_object('params',
          jsonb_build_object('list', (SELECT jsonb_agg(i) FROM generate_series(1, 300) i)))""");
    assertThat(bench.executed(id).getString("status")).isEqualTo("success");
    assertThat(bench.log(id)).hasSize(302).startsWith("step one success", "step two success");
    assertThat(
            db.count(
                """
                SELECT count(*) FROM (
                  SELECT finished_at < lag(finished_at) OVER (ORDER BY created_at) AS earlier
                  FROM run_log) l
                WHERE earlier"""))
        .isZero();
  }
}

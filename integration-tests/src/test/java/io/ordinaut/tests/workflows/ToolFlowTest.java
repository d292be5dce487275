package io.ordinaut.tests.workflows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import io.ordinaut.json.Json;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.tests.utils.McpHttpPeer;
import io.ordinaut.worker.loop.Worker;
import io.ordinaut.worker.secret.Vault;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Runs that call the built-in tools and HTTP tools of the catalogue. */
@Timeout(30)
class ToolFlowTest {
  private Harness db;
  private HttpServer server;
  private String base;
  private Worker worker;

  @BeforeEach
  void open() throws Exception {
    db = new Harness();
    worker = db.worker("tools", Map.of("outbound-allow", "127.0.0.1"));
    server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    base = "http://127.0.0.1:" + server.getAddress().getPort();
    server.createContext(
        "/orders",
        exchange -> {
          byte[] body =
              ("{\"path\": \""
                      + exchange.getRequestURI()
                      + "\", \"key\": \""
                      + exchange.getRequestHeaders().getFirst("Idempotency-Key")
                      + "\", \"orders\": [{\"total\": 3}, {\"total\": 4}]}")
                  .getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().set("Content-Type", "application/json");
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void close() throws Exception {
    server.stop(0);
    db.close();
  }

  private UUID work(UUID root, String steps) {
    UUID id = UUID.randomUUID();
    db.execute(
        "INSERT INTO due_work (id, run_at, root_id, depth, payload)"
            + " VALUES ($1, now(), $2, 3, $3)",
        id,
        root,
        new JsonObject("{\"pipeline\": [" + steps.replace("BASE", base) + "]}"));
    return id;
  }

  private void runAll(Worker by) {
    await()
        .until(
            () -> {
              by.lease(50).leases().forEach(by::execute);
              return db.count("SELECT count(*) FROM due_work_open") == 0;
            });
  }

  private Row run(Worker by, UUID root, String steps) {
    UUID id = work(root, steps);
    runAll(by);
    return db.query("SELECT *, outputs::text AS said FROM task_run WHERE id = $1", id).get(0);
  }

  private JsonNode outputs(String steps) {
    Row run = run(worker, null, steps);
    assertThat(run.getString("status")).as(run.getString("error_message")).isEqualTo("success");
    return Json.read(run.getString("said"));
  }

  private void fails(Worker by, String step, String code, String sentence) {
    Row run = run(by, null, step);
    assertThat(run.getString("status")).isEqualTo("failed");
    assertThat(run.getString("error_message")).contains(sentence);
    assertThat(
            db.query("SELECT error_code FROM run_log WHERE run_id = $1", run.getUUID("id"))
                .get(0)
                .getString("error_code"))
        .isEqualTo(code);
  }

  @Test
  void a_run_asks_checks_computes_and_publishes_and_another_task_listens() {
    UUID listener = UUID.randomUUID();
    db.execute(
        "INSERT INTO task (id, title, schedule_kind, schedule_expr, payload)"
            + " VALUES ($1, 'listens', 'event', 'orders.*', $2)",
        listener,
        new JsonObject(
            "{\"pipeline\": [{\"id\": \"e\", \"uses\": \"echo-tool\", \"save_as\": \"e\","
                + " \"with\": {\"sum\": \"${event.payload.sum}\"}}]}"));
    JsonNode said =
        outputs(
            """
            {"id": "ask", "uses": "http.request", "with": {"url": "BASE/orders?day=1"},
             "save_as": "ask"},
            {"id": "sum", "uses": "transform", "save_as": "sum",
             "with": {"input": "${steps.ask.body}", "expression": "sum(orders[].total)"}},
            {"id": "check", "uses": "assert", "with": {"that": "${steps.sum > `5`}"}},
            {"id": "tell", "uses": "event.publish", "save_as": "tell",
             "with": {"topic": "orders.counted", "payload": {"sum": "${steps.sum}"}}}""");
    assertThat(said.path("sum").intValue()).isEqualTo(7);
    assertThat(said.at("/ask/body/key").asText()).endsWith(":ask");
    assertThat(said.at("/tell/duplicate").booleanValue()).isFalse();

    Row event = db.query("SELECT * FROM event WHERE topic = 'orders.counted'").get(0);
    assertThat(event.getUUID("id")).hasToString(said.at("/tell/event_id").asText());
    assertThat(event.getInteger("depth")).as("as deep as the run").isEqualTo(3);
    db.dispatch().once();
    db.tick().once();
    runAll(worker);
    Row heard =
        db.query("SELECT outputs::text AS said FROM task_run WHERE task_id = $1", listener).get(0);
    assertThat(Json.read(heard.getString("said")).at("/e/sum").intValue()).isEqualTo(7);
  }

  @Test
  void a_call_that_is_made_again_publishes_nothing_new() {
    UUID root = UUID.randomUUID();
    String step =
        "{\"id\": \"tell\", \"uses\": \"event.publish\", \"save_as\": \"tell\","
            + " \"with\": {\"topic\": \"once\"}}";
    JsonNode first = Json.read(run(worker, root, step).getString("said")).path("tell");
    // As if its checkpoint had been lost.
    db.execute("DELETE FROM run_log");
    JsonNode again = Json.read(run(worker, root, step).getString("said")).path("tell");
    assertThat(first.path("duplicate").booleanValue()).isFalse();
    assertThat(again.path("duplicate").booleanValue()).isTrue();
    assertThat(again.path("event_id")).isEqualTo(first.path("event_id"));
    assertThat(db.count("SELECT count(*) FROM event WHERE topic = 'once'")).isEqualTo(1);
  }

  @Test
  void an_http_tool_of_the_catalogue_is_held_to_its_contract() {
    db.execute(
        "INSERT INTO tool (name, input_schema, output_schema, request) VALUES ('shop.order', $1,"
            + " $2, $3)",
        new JsonObject("{\"type\": \"object\", \"required\": [\"id\"]}"),
        new JsonObject("{\"type\": \"object\", \"required\": [\"path\"]}"),
        new JsonObject().put("url_template", base + "/orders/{id}{?full}"));
    assertThat(
            outputs(
                    """
                    {"id": "o", "uses": "shop.order", "save_as": "o",
                     "with": {"id": "a/7", "full": true}}""")
                .at("/o/path")
                .asText())
        .isEqualTo("/orders/a%2F7?full=true");
    fails(
        worker,
        "{\"id\": \"o\", \"uses\": \"shop.order\"}",
        "missing_parameter",
        "missing required parameter: id");
  }

  @Test
  void a_secret_of_a_tool_stays_secret_after_a_pause() {
    db.secret("KAT", "kat-9f1c77d0");
    AtomicReference<String> last = new AtomicReference<>("nothing");
    server.createContext(
        "/kat",
        exchange -> {
          String sent = exchange.getRequestHeaders().getFirst("X-Secret");
          String said = sent == null ? last.get() : last.updateAndGet(before -> sent);
          exchange.sendResponseHeaders(200, said.length());
          exchange.getResponseBody().write(said.getBytes(StandardCharsets.UTF_8));
          exchange.close();
        });
    db.execute(
        "INSERT INTO tool (name, input_schema, request) VALUES ('kat.echo', '{}', $1)",
        new JsonObject()
            .put("method", "POST")
            .put("url_template", base + "/kat")
            .put("headers", new JsonObject().put("X-Secret", "${secrets.KAT}")));
    JsonNode said =
        outputs(
            """
            {"id": "tell", "uses": "kat.echo"},
            {"id": "wait", "uses": "delay", "with": {"seconds": 1.1}},
            {"id": "ask", "uses": "http.request", "with": {"url": "BASE/kat"}, "save_as": "ask"}""");
    assertThat(last).hasValue("kat-9f1c77d0");
    assertThat(said.at("/ask/body").asText()).isEqualTo("***");
    assertThat(
            db.count("SELECT count(*) FROM run_log WHERE strpos(output::text, 'kat-9f1c77d0') > 0"))
        .isZero();
  }

  @Test
  void what_a_secret_of_an_mcp_server_was_stays_secret_after_a_pause_in_which_it_changed() {
    db.secret("BIRD", "bird-5e00a1c4");
    try (McpHttpPeer peer = new McpHttpPeer()) {
      peer.describe("You sent bird-5e00a1c4.");
      db.execute(
          "INSERT INTO mcp_server (name, transport, url, headers) VALUES ('bird', 'http', $1, $2)",
          peer.url(),
          new JsonObject().put("Authorization", "Bearer ${secrets.BIRD}"));
      db.execute(
          "INSERT INTO tool (name, server, input_schema) VALUES"
              + " ('bird.echo', 'bird', '{}'), ('bird.told', 'bird', '{}')");
      UUID id = UUID.randomUUID();
      db.execute(
          "INSERT INTO due_work (id, payload) VALUES ($1, $2)",
          id,
          new JsonObject(
              """
              {"params": {"held": "It was bird-5e00a1c4."}, "pipeline": [
                {"id": "give", "uses": "bird.echo", "with": {"message": "hi"}},
                {"id": "wait", "uses": "delay", "with": {"seconds": 600}},
                {"id": "held", "uses": "echo-tool", "with": {"held": "${params.held}"}, "save_as": "held"},
                {"id": "told", "uses": "bird.told", "save_as": "told"}]}"""));
      worker.lease(1).leases().forEach(worker::execute);
      assertThat(peer.authorizations()).containsExactly("Bearer bird-5e00a1c4");
      db.execute(
          """
          WITH gone AS (DELETE FROM secret RETURNING name, key_id, nonce, ciphertext)
          INSERT INTO secret_past (name, key_id, nonce, ciphertext) SELECT * FROM gone""");
      db.secret("BIRD", "another-bird-77");
      db.execute("UPDATE due_work_open SET available_at = now()");
      Worker later = db.worker("later", Map.of("outbound-allow", "127.0.0.1"));
      later.lease(1).leases().forEach(later::execute);
      String outputs =
          db.query("SELECT outputs::text FROM task_run WHERE id = $1", id).get(0).getString(0);
      assertThat(outputs).contains("It was ***.", "You sent ***.");
      assertThat(
              db.count("SELECT count(*) FROM run_log WHERE strpos(output::text, '5e00a1c4') > 0"))
          .isZero();
    }
  }

  @Test
  void a_secret_that_was_missing_is_there_as_soon_as_it_is_set() {
    Vault vault = db.vault();
    assertThat(vault.values(Set.of("LATE"))).isEmpty();
    db.secret("LATE", "better than never");
    assertThat(vault.values(Set.of("LATE"))).containsEntry("LATE", "better than never");
  }

  @Test
  void what_a_tool_requires_has_to_be_there_and_what_is_claimed_has_to_hold() {
    fails(
        worker,
        "{\"id\": \"a\", \"uses\": \"http.request\", \"with\": {\"method\": \"GET\"}}",
        "missing_parameter",
        "missing required parameter: url");
    fails(
        worker,
        """
        {"id": "a", "uses": "assert", "with": {"that": "${params.none}", "message": "Too cold."}}""",
        "condition_error",
        "Too cold.");
    fails(
        worker,
        "{\"id\": \"a\", \"uses\": \"http.request\", \"with\": {\"url\": \"BASE/\", \"x\": 1}}",
        "schema_error",
        "The input does not match the tool's schema: ");
  }

  @Test
  void this_machine_is_not_reached_unless_it_is_allowed() {
    fails(
        db.worker("by default"),
        """
        {"id": "a", "uses": "http.request", "retry_count": 1, "with": {"url": "BASE/orders"}}""",
        "tool_error",
        "The host 127.0.0.1 is not on the public Internet, and ORDINAUT_WORKER_OUTBOUND_ALLOW does"
            + " not name it.");
  }
}

package io.ordinaut.tests.components;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;

import io.ordinaut.store.Db;
import io.ordinaut.tests.utils.BackendsResource;
import io.ordinaut.tests.utils.Canary;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.restassured.response.ValidatableResponse;
import io.vertx.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@QuarkusTest
@Execution(ExecutionMode.SAME_THREAD)
@QuarkusTestResource(BackendsResource.class)
class ToolsApiTest {
  @Inject Db db;

  private static ValidatableResponse put(String path, String body) {
    return given().contentType("application/json").body(body).put(path).then();
  }

  private static ValidatableResponse call(String tool, String body) {
    return given()
        .contentType("application/json")
        .body(body)
        .post("/v1/tools/" + tool + "/call")
        .then();
  }

  private static String mark() {
    return "t" + UUID.randomUUID().toString().substring(0, 8);
  }

  private static String httpTool(String description) {
    return """
    {"description": "%s", "method": "GET", "url_template": "https://example.com/weather",
     "headers": {"Accept": "application/json", "X-Api-Key": "${secrets.WEATHER}"},
     "input_schema": {"type": "object", "properties": {"city": {"type": "string"}},
                      "required": ["city"]}}"""
        .formatted(description);
  }

  @Test
  void a_tool_is_called_by_hand_and_its_arguments_are_taken_as_they_are() {
    ValidatableResponse answer =
        call("echo-tool", "{\"arguments\": {\"a\": \"${secrets.NONE} $${now}\", \"n\": [1.50]}}");
    answer
        .statusCode(200)
        .body("status", equalTo("success"))
        .body("output.a", equalTo("${secrets.NONE} $${now}"))
        .body("output.n[0]", equalTo(1.5f))
        .body("error", nullValue());
    String run = answer.extract().path("run_id");
    answer.header("Location", endsWith("/v1/runs/" + run));
    given()
        .get("/v1/runs/" + run)
        .then()
        .statusCode(200)
        .body("task_id", nullValue())
        .body("status", equalTo("success"))
        .body("steps.size()", equalTo(1));
    given().get("/v1/runs").then().body("id", hasItem(run));
    given()
        .contentType("application/json")
        .post("/v1/tools/echo-tool/call")
        .then()
        .statusCode(200)
        .body("output.size()", equalTo(0));
  }

  @Test
  void a_call_that_fails_has_ended_and_says_why_after_one_try() {
    ValidatableResponse answer =
        call("failing-tool", "{\"arguments\": {\"message\": \"No weather today.\"}}");
    answer
        .statusCode(200)
        .body("status", equalTo("failed"))
        .body("output", nullValue())
        .body("error.code", equalTo("tool_error"))
        .body("error.message", equalTo("No weather today."));
    String run = answer.extract().path("run_id");
    given().get("/v1/runs/" + run).then().body("steps.size()", equalTo(1));
  }

  @Test
  void a_call_that_can_not_be_is_refused_at_once() {
    call("nobody.knows", "{}").statusCode(404).contentType("application/problem+json");
    call("no tool", "{}").statusCode(404);
    call("echo-tool", "{\"arguments\": [], \"timeout_seconds\": 0, \"with\": {}}")
        .statusCode(422)
        .body("errors.field", containsInAnyOrder("arguments", "timeout_seconds", "with"));
    call("echo-tool", "{\"arguments\": {\"x\": \"\\u0000\"}}").statusCode(422);
    call("echo-tool", "{").statusCode(400);
    call("echo-tool", "{\"arguments\": {\"x\": \"" + "x".repeat(1_100_000) + "\"}}")
        .statusCode(413);
    given()
        .contentType("text/plain")
        .body("x")
        .post("/v1/tools/echo-tool/call")
        .then()
        .statusCode(415);
  }

  @Test
  void an_http_tool_is_stored_shown_changed_and_removed() {
    String name = mark() + ".current/weather.v1";
    Response made =
        given().contentType("application/json").body(httpTool("First")).put("/v1/tools/" + name);
    made.then()
        .statusCode(201)
        .header("Location", endsWith("/v1/tools/" + name))
        .header("ETag", equalTo("\"1\""))
        .body("name", equalTo(name))
        .body("kind", equalTo("http"))
        .body("method", equalTo("GET"))
        .body("headers.X-Api-Key", equalTo("${secrets.WEATHER}"))
        .body("input_schema.required", equalTo(List.of("city")))
        .body("output_schema", nullValue());
    given().get("/v1/tools/" + name).then().statusCode(200).body("description", equalTo("First"));

    given()
        .contentType("application/json")
        .header("If-Match", "\"7\"")
        .body(httpTool("Lost"))
        .put("/v1/tools/" + name)
        .then()
        .statusCode(412);
    given()
        .contentType("application/json")
        .header("If-Match", "\"1\"")
        .body(httpTool("Second"))
        .put("/v1/tools/" + name)
        .then()
        .statusCode(200)
        .header("ETag", equalTo("\"2\""))
        .body("description", equalTo("Second"));
    given().header("If-Match", "\"1\"").delete("/v1/tools/" + name).then().statusCode(412);
    given().delete("/v1/tools/" + name).then().statusCode(204);
    given().delete("/v1/tools/" + name).then().statusCode(404);
    given().get("/v1/tools/" + name).then().statusCode(404);
  }

  @Test
  void every_fault_of_an_http_tool_is_named_in_one_answer() {
    put(
            "/v1/tools/" + mark(),
            """
            {"method": "BREW", "url_template": "ftp://x", "headers": {"Authorization": "Bearer abc",
             "X-Api-Key": "abc", "Cookie": "a=b", "Host": "x", "X-Odd": "${params.x}", "X-N": 7},
             "input_schema": {"type": "nothing"}, "output_schema": 7, "odd": 1}""")
        .statusCode(422)
        .body(
            "errors.field",
            containsInAnyOrder(
                "name",
                "method",
                "url_template",
                "headers.Authorization",
                "headers.X-Api-Key",
                "headers.Cookie",
                "headers.Host",
                "headers.X-Odd",
                "headers.X-N",
                "input_schema",
                "output_schema",
                "odd"))
        .body(not(containsString("abc")));
    put("/v1/tools/http.request", httpTool("mine"))
        .statusCode(422)
        .body("errors.field", equalTo(List.of("name")));
    put("/v1/tools/" + mark() + ".x/call", httpTool("call")).statusCode(422);
    put("/v1/tools/" + mark() + ".x", "{}")
        .statusCode(422)
        .body("errors.field", hasItems("url_template", "input_schema"));
    put("/v1/tools/" + mark() + ".x", "{").statusCode(400);
  }

  @Test
  void built_in_tools_are_in_the_catalogue_and_stay() {
    given()
        .get("/v1/tools/echo-tool")
        .then()
        .statusCode(200)
        .body("kind", equalTo("builtin"))
        .body("server", nullValue());
    given().delete("/v1/tools/echo-tool").then().statusCode(409);
    given()
        .get("/v1/tools?limit=200")
        .then()
        .body("name", hasItems("echo-tool", "http.request", "event.publish", "delay"));
  }

  @Test
  void tools_are_listed_by_name_in_pages_and_filtered() {
    String mark = mark();
    List<String> made = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      made.add(mark + ".Tool-" + i);
      put("/v1/tools/" + made.get(i), httpTool("Number " + i + " of " + mark)).statusCode(201);
    }
    List<String> seen = new ArrayList<>();
    String next = "/v1/tools?limit=2";
    while (next != null) {
      Response page = given().urlEncodingEnabled(false).get(next);
      page.then().statusCode(200);
      seen.addAll(page.jsonPath().getList("name"));
      String link = page.header("Link");
      next = link == null ? null : link.substring(link.indexOf("/v1/"), link.indexOf('>'));
    }
    assertThat(seen).containsSubsequence(made).contains("delay").doesNotHaveDuplicates().isSorted();
    given().get("/v1/tools?q=number 3 of " + mark).then().body("name", equalTo(made.subList(3, 4)));
    given().get("/v1/tools?server=" + mark).then().body("size()", equalTo(0));
    given().get("/v1/tools?colour=red").then().statusCode(422);
  }

  @Test
  void an_mcp_server_is_stored_and_its_discovery_is_work_for_a_worker() {
    String name = mark();
    String server =
        """
        {"transport": "http", "url": "http://127.0.0.1:1/mcp",
         "headers": {"Authorization": "Bearer ${secrets.NOBODY_HAS_IT}"}}""";
    ValidatableResponse answer = put("/v1/mcp-servers/" + name, server);
    answer
        .statusCode(202)
        .header("ETag", equalTo("\"1\""))
        .body("name", equalTo(name))
        .body("status", equalTo("unknown"))
        .body("transport", equalTo("http"))
        .body("headers.Authorization", equalTo("Bearer ${secrets.NOBODY_HAS_IT}"));
    String run = answer.extract().path("discovery_run_id");
    answer.header("Location", endsWith("/v1/runs/" + run));
    given().get("/v1/runs/" + run).then().statusCode(200).body("task_id", nullValue());
    await().until(() -> !given().get("/v1/runs/" + run).jsonPath().getList("steps").isEmpty());
    given().get("/v1/runs/" + run).then().body("steps[0].step_id", equalTo("discover"));

    put("/v1/mcp-servers/" + name, server).statusCode(202).header("ETag", equalTo("\"2\""));
    given().get("/v1/mcp-servers/" + name).then().statusCode(200).body("version", equalTo(2));
    given().get("/v1/mcp-servers?limit=200").then().body("name", hasItem(name));

    db.execute("INSERT INTO tool (name, server) VALUES ($1, $2)", Tuple.of(name + ".x", name));
    given().get("/v1/tools?server=" + name).then().body("kind", equalTo(List.of("mcp")));
    given().delete("/v1/tools/" + name + ".x").then().statusCode(409);
    put("/v1/tools/" + name + ".y", httpTool("mine"))
        .statusCode(422)
        .body("errors.field", equalTo(List.of("name")));

    given().header("If-Match", "\"1\"").delete("/v1/mcp-servers/" + name).then().statusCode(412);
    given().delete("/v1/mcp-servers/" + name).then().statusCode(204);
    given().get("/v1/mcp-servers/" + name).then().statusCode(404);
    given().get("/v1/tools/" + name + ".x").then().statusCode(404);
    given().delete("/v1/mcp-servers/" + name).then().statusCode(404);
  }

  @Test
  void every_fault_of_an_mcp_server_is_named_in_one_answer() {
    put(
            "/v1/mcp-servers/a.b",
            """
            {"transport": "stdio", "url": "http://me:sesame@example.com/", "command": "rm",
             "headers": {"X-Auth": "sesame"}}""")
        .statusCode(422)
        .body(
            "errors.field",
            containsInAnyOrder("name", "transport", "url", "command", "headers.X-Auth"))
        .body("errors.message", hasItem(containsString("operator's configuration")))
        .body(not(containsString("sesame")));
    for (String url : List.of("ftp://x/", "x", "http://", "http://a b/", "https://x/#y", "")) {
      put("/v1/mcp-servers/" + mark(), "{\"transport\": \"http\", \"url\": \"" + url + "\"}")
          .statusCode(422)
          .body("errors.field", equalTo(List.of("url")));
    }
    put("/v1/mcp-servers/http", "{\"transport\": \"http\", \"url\": \"http://x/\"}")
        .statusCode(422)
        .body("errors.field", equalTo(List.of("name")));
    given().get("/v1/mcp-servers/a.b").then().statusCode(404);
  }

  @Test
  void an_operators_server_and_a_name_with_http_tools_are_left_alone() {
    String name = mark();
    String server = "{\"transport\": \"http\", \"url\": \"https://example.com/mcp\"}";
    db.execute("INSERT INTO mcp_server (name, transport) VALUES ($1, 'stdio')", Tuple.of(name));
    put("/v1/mcp-servers/" + name, server).statusCode(409);
    given().delete("/v1/mcp-servers/" + name).then().statusCode(409);

    String other = mark();
    put("/v1/tools/" + other + ".x", httpTool("mine")).statusCode(201);
    put("/v1/mcp-servers/" + other, server).statusCode(409);
  }

  @Test
  void credentials_in_clear_and_ports_that_are_none_are_refused_wherever_urls_are_taken() {
    for (String url :
        List.of(
            "https://example.com/mcp?api_key=sesame",
            "https://example.com/mcp?q=1&access_token=sesame",
            "https://me:sesame@example.com/mcp")) {
      put("/v1/mcp-servers/" + mark(), "{\"transport\": \"http\", \"url\": \"" + url + "\"}")
          .statusCode(422)
          .body("errors.field", equalTo(List.of("url")))
          .body("errors[0].message", containsString("PUT /v1/secrets/{name}"))
          .body("errors[0].message", containsString("${secrets.NAME}"))
          .body(not(containsString("sesame")));
      put("/v1/tools/" + mark() + ".x", httpTool("x").replace("https://example.com/weather", url))
          .statusCode(422)
          .body("errors.field", equalTo(List.of("url_template")))
          .body("errors[0].message", containsString("${secrets.NAME}"))
          .body(not(containsString("sesame")));
    }
    put(
            "/v1/mcp-servers/" + mark(),
            """
            {"transport": "http", "url": "https://example.com:99999/?q=token",
             "headers": {"X-Custom": "Bearer sesame", "X-Title": "Basic"}}""")
        .statusCode(422)
        .body("errors.field", containsInAnyOrder("url", "headers.X-Custom"))
        .body("errors.message", hasItem(containsString("a port from 1 to 65535")));
    put(
            "/v1/tools/" + mark() + ".x",
            httpTool("x").replace("https://example.com/", "https://example.com:0/"))
        .statusCode(422)
        .body("errors[0].message", containsString("a port from 1 to 65535"));
  }

  @Test
  void a_task_with_an_input_that_no_built_in_tool_takes_is_refused() {
    given()
        .contentType("application/json")
        .body(
            """
            {"title": "never", "schedule_kind": "once", "schedule_expr": "2099-01-01T00:00:00Z",
             "payload": {"pipeline": [
               {"id": "a", "uses": "delay", "with": {"seconds": -1}},
               {"id": "b", "uses": "http.request", "with": {"url": "https://a.test/?token=sesame"}},
               {"id": "c", "uses": "http.request", "with": {"url": "${params.url}", "method": "BREW"}},
               {"id": "d", "uses": "delay", "with": {"seconds": "${params.seconds}"}}]}}""")
        .post("/v1/tasks")
        .then()
        .statusCode(422)
        .body(
            "errors.field",
            equalTo(
                List.of(
                    "payload.pipeline[0].with.seconds",
                    "payload.pipeline[1].with.url",
                    "payload.pipeline[2].with.method")))
        .body(not(containsString("sesame")));
  }

  @Test
  void a_pattern_that_is_none_is_said_to_its_author_and_to_nobody_else() {
    try (Canary canary = new Canary()) {
      put(
              "/v1/tools/" + mark() + ".x",
              httpTool("x")
                  .replace("\"type\": \"string\"", "\"pattern\": \"(" + canary.core() + "\""))
          .statusCode(422)
          .body("errors.field", equalTo(List.of("input_schema")))
          .body(
              "errors[0].message",
              startsWith("has a pattern that is no regular expression: (" + canary.core()));
      canary.assertNotLogged();
    }
  }
}

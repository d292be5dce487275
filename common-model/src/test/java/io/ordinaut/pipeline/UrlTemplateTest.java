package io.ordinaut.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ordinaut.failure.Violation;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.Json;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UrlTemplateTest {
  private static String expand(String template, String arguments) {
    return UrlTemplate.compile(template).expand(Json.read(arguments));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "https://a.test/users/{id}; {\"id\": 7}; https://a.test/users/7",
        "https://a.test/u/{id}{?q,limit}; {\"id\": \"x\", \"limit\": 5};"
            + " https://a.test/u/x?limit=5",
        "https://a.test/u{?q,limit}; {}; https://a.test/u",
        "https://a.test/u?v=1{&q}; {\"q\": \"a&b=c\"}; https://a.test/u?v=1&q=a%26b%3Dc",
        "https://a.test/u?v={q}; {\"q\": \"a b\"}; https://a.test/u?v=a%20b",
        "https://a.test:65535/?token={t}&q=token; {\"t\": 1};"
            + " https://a.test:65535/?token=1&q=token",
        "https://a.test{?q}; {\"q\": [1, \"x,y\"]}; https://a.test?q=1,x%2Cy",
        "https://a.test/{id}; {\"id\": \"../../x\"}; https://a.test/..%2F..%2Fx",
        "https://a.test/{id}; {\"id\": \"?a#b@c:1/\"}; https://a.test/%3Fa%23b%40c%3A1%2F",
        "https://a.test/{id}; {\"id\": \"é%2e\"}; https://a.test/%C3%A9%252e",
        "https://a.test/v{id}/x; {\"id\": \"..\"}; https://a.test/v../x",
        "http://[::1]:8080/{a}/{b}; {\"a\": true, \"b\": 1.50}; http://[::1]:8080/true/1.50"
      })
  void arguments_fill_the_variables_and_stay_within_them(
      String template, String arguments, String url) {
    assertThat(expand(template, arguments)).isEqualTo(url);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"id\": \"..\"}", "{\"id\": \".\"}", "{\"id\": \"\"}", "{}"})
  void an_argument_that_would_lead_elsewhere_is_refused(String arguments) {
    assertThatThrownBy(() -> expand("https://a.test/users/{id}/x", arguments))
        .isInstanceOf(ExpressionException.class)
        .hasMessageStartingWith(
            arguments.contains(".") ? "An argument must not turn" : "The argument id is part");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ftp://a.test/",
        "http://h_x/",
        "http://-/{id}",
        "http://a.test/%zz",
        "http://a.test/%{id}",
        "http://a.test/{id}?q=%1",
        "https://{host}/",
        "https://a{b}.test/",
        "https://a.test{id}",
        "https://a.test:{port}/",
        "https://me@a.test/",
        "https://me:pw@a.test/",
        "/users/{id}",
        "https://a.test/#x",
        "https://a.test/ x",
        "https://a.test/{id",
        "https://a.test/{+id}",
        "https://a.test/{?a}{?b}",
        "https://a.test/{&a}",
        "https://a.test/?a=1{?b}",
        "https://a.test/{?a}/x",
        "https://a.test/?a?b",
        "https://a.test:0/",
        "https://a.test:65536/",
        "https://a.test:99999/{id}",
        "https://a.test/?api_key=abcdefgh",
        "https://a.test/{id}?v=1&access_token=abc{&q}",
        "https://a.test/${secrets.KEY}"
      })
  void a_template_whose_host_or_structure_is_open_is_refused(String template) {
    assertThatThrownBy(() -> UrlTemplate.compile(template)).isInstanceOf(ExpressionException.class);
  }

  private static List<Violation> faults(String request) {
    Violations violations = new Violations();
    HttpToolRequest.parse(Json.read(request), "request", violations);
    return violations.all();
  }

  @Test
  void a_request_of_a_tool_names_all_that_is_wrong_with_it() {
    assertThat(
            faults(
                """
                {"method": "get", "url_template": "nowhere", "body": 1,
                 "headers": {"Host": "x", "A b": "x", "C": 1, "D": "${params.x}"}}"""))
        .extracting(Violation::field)
        .containsExactlyInAnyOrder(
            "request.method",
            "request.url_template",
            "request.body",
            "request.headers.Host",
            "request.headers.A b",
            "request.headers.C",
            "request.headers.D");
    assertThat(faults("{\"headers\": []}"))
        .extracting(Violation::field)
        .containsExactlyInAnyOrder("request.url_template", "request.headers");
  }

  @Test
  void a_request_of_a_tool_may_read_secrets_in_its_headers() {
    Violations violations = new Violations();
    HttpToolRequest request =
        HttpToolRequest.parse(
            Json.read(
                """
                {"url_template": "https://a.test/{id}", "headers": {"A": "Bearer ${secrets.KEY}"}}"""),
            "request",
            violations);
    assertThat(violations.all()).isEmpty();
    assertThat(request.method()).isEqualTo(HttpToolRequest.Method.GET);
    assertThat(request.headers().secrets()).containsExactly("KEY");
  }

  private static List<Violation> faultsOfStep(String step) {
    Violations violations = new Violations();
    Pipeline.parse(Json.read("{\"pipeline\": [" + step + "]}"), "payload", violations);
    return violations.all();
  }

  @Test
  void data_never_becomes_the_expression_of_a_transform() {
    assertThat(
            faultsOfStep(
                """
                {"id": "t", "uses": "transform",
                 "with": {"input": "${params}", "expression": "${params.e}"}}"""))
        .singleElement()
        .satisfies(
            fault -> {
              assertThat(fault.field()).isEqualTo("payload.pipeline[0].with.expression");
              assertThat(fault.message()).startsWith("must not hold ${");
            });
    assertThat(
            faultsOfStep(
                """
                {"id": "a", "uses": "echo-tool", "compensate":
                  {"uses": "transform", "with": {"input": 1, "expression": "a["}}}"""))
        .singleElement()
        .satisfies(fault -> assertThat(fault.message()).startsWith("is not a JMESPath expression"));
    assertThat(faultsOfStep("{\"id\": \"t\", \"uses\": \"transform\", \"with\": {\"input\": 1}}"))
        .singleElement()
        .satisfies(fault -> assertThat(fault.message()).startsWith("is required"));
    assertThat(
            faultsOfStep(
                """
                {"id": "t", "uses": "transform",
                 "with": {"input": "${params}", "expression": "anything[?x > `1`].y"}}"""))
        .isEmpty();
  }

  @Test
  void the_schemas_of_built_in_tools_are_schemas() {
    for (BuiltIn tool : BuiltIn.values()) {
      Schema.compile(tool.inputSchema());
      assertThat(BuiltIn.named(tool.toolName())).contains(tool);
      assertThat(ToolName.isWellFormed(tool.toolName())).isTrue();
    }
  }
}

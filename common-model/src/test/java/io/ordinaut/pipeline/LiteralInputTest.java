package io.ordinaut.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.Json;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LiteralInputTest {
  private static List<String> faults(JsonNode payload) {
    Violations violations = new Violations();
    Pipeline.parse(payload, "payload", violations);
    LiteralInput.check(payload, "payload", violations);
    return violations.all().stream().map(v -> v.field() + " " + v.message()).toList();
  }

  private static List<String> faults(String uses, String with) {
    return faults(
        Json.read(
            "{\"pipeline\": [{\"id\": \"a\", \"uses\": \"%s\", \"with\": %s}]}"
                .formatted(uses, with.replace('\'', '"'))));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "delay | {'seconds': -1} | .seconds must be a number from 0 to 31622400",
        "delay | {'seconds': 31622400.5} | .seconds must be a number from 0 to 31622400",
        "delay | {'seconds': 'abc'} | .seconds must be a number",
        "delay | {'until': 'tomorrow'} | .until must be an RFC 3339 time",
        "delay | {'until': '2030-01-31T09:00:00'} | .until must be an RFC 3339 time",
        "delay | {} | ' must be either {\"seconds\": a number} or {\"until\"",
        "delay | {'seconds': 1, 'until': '${now}'} | ' must be either {\"seconds\"",
        "delay | {'hours': 1} | .hours is not a known field.",
        "event.publish | {'topic': 'x', 'payload': 'text'} | .payload string found, object",
        "event.publish | {'topic': 'a b'} | .topic does not match",
        "event.publish | {'payload': {'x': '${now}'}} | .topic is required.",
        "http.request | {} | .url is required.",
        "http.request | {'url': 'https://a.test', 'method': 'BREW'} | .method does not have a"
            + " value",
        "http.request | {'url': 'https://a.test', 'headers': {'A': []}} | .headers.A array found",
        "http.request | {'url': 'https://a.test', 'headers': {'Host': 'x'}} | .headers.Host is a",
        "http.request | {'url': 'https://a.test', 'accept_status': ['2xx', 'ok']} |"
            + " .accept_status[1]",
        "http.request | {'url': 'https://a.test:99999/'} | .url must name a host, and a port from"
            + " 1",
        "http.request | {'url': 'a.test'} | .url must begin with https://",
        "http.request | {'url': 'https://a.test', 'timeout': 3} | .timeout is not a known field.",
        "http.request | {'url': 'https://me:pw@a.test/${params.x}'} | .url must not hold a user",
        "http.request | {'url': 'https://a.test?sig=abc'} | .url carries a credential (sig)",
        "http.request | {'url': '${params.u}', 'query': {'api_key': 'abc'}} | .query.api_key"
            + " carries",
        "http.request | {'url': '${params.u}', 'headers': {'X': 'Bearer abcdef'}} | .headers.X"
            + " carries",
        "http.request | {'url': '${params.u}', 'headers': {'X': 'ü'}} | .headers.X must be one line",
        "http.request | {'url': '${params.u}', 'headers': {'X': 'ü${now}'}} | .headers.X must be one",
        "transform | {'input': 1, 'expression': ' now + 1h'} | .expression must not reckon with"
            + " time: it sees with.input only, in which ${now + 1h} may stand.",
        "assert | {'message': 'x'} | .that is required.",
        "transform | {'expression': 'a'} | .input is required.",
        "transform | {'input': 1} | .expression is required: a JMESPath",
        "mcp.discover | {'server': ''} | .server must be at least 1"
      })
  void what_can_never_be_is_named_when_it_is_written(String uses, String with, String fault) {
    assertThat(faults(uses, with))
        .singleElement()
        .asString()
        .startsWith("payload.pipeline[0].with" + fault.replace("' ", " "))
        .endsWith("(step a)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "delay | {'seconds': '${params.s}'}",
        "delay | {'until': '${now+1h}'}",
        "delay | {'until': '2030-01-31T09:00:00+02:00'}",
        "delay | {'seconds': 0}",
        "event.publish | {'topic': 'a.${params.t}', 'payload': '${steps.x}'}",
        "http.request | {'url': '${params.u}', 'method': '${params.m}', 'headers': '${params.h}'}",
        "http.request | {'url': 'https://a.test:${params.port}/', 'accept_status': '${params.a}'}",
        "http.request | {'url': 'https://a.test', 'headers': {'Authorization': 'Bearer"
            + " ${secrets.T}'}}",
        "http.request | {'url': 'https://a.test', 'query': {'token': '${secrets.T}', 'q':"
            + " 'token'}}",
        "assert | {'that': false}",
        "echo-tool | {'api_key': 'it is only an echo'}",
        "shop.order | {'anything': -1}"
      })
  void what_may_be_is_left_to_the_run(String uses, String with) {
    assertThat(faults(uses, with)).isEmpty();
  }

  @Test
  void it_is_said_of_compensations_and_probes_too() {
    assertThat(
            faults(
                Json.read(
                    """
                    {"pipeline": [{"id": "a", "uses": "x.y",
                       "compensate": {"uses": "event.publish", "with": {"payload": 1}}}],
                     "condition": {"every": "5m", "probe": {"uses": "http.request"}}}""")))
        .satisfiesExactlyInAnyOrder(
            f -> assertThat(f).startsWith("payload.pipeline[0].compensate.with.topic is required."),
            f -> assertThat(f).startsWith("payload.pipeline[0].compensate.with.payload integer"),
            f -> assertThat(f).isEqualTo("payload.condition.probe.with.url is required."));
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "[]", "{\"pipeline\": 1}", "{\"pipeline\": [1, {\"with\": []}]}"})
  void what_is_no_pipeline_is_found_fault_with_elsewhere(String payload) {
    Violations violations = new Violations();
    LiteralInput.check(Json.read(payload), "payload", violations);
    assertThat(violations.all()).isEmpty();
  }
}

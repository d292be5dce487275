package io.ordinaut.pipeline;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.failure.Violation;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.Json;
import java.util.List;
import org.junit.jupiter.api.Test;

class StepTest {
  private static List<String> faultsOf(String steps) {
    Violations violations = new Violations();
    Pipeline.parse(Json.read("{\"pipeline\": " + steps + "}"), "payload", violations);
    return violations.all().stream().map(v -> v.field() + " " + v.message()).toList();
  }

  private static Step step(String json) {
    Violations violations = new Violations();
    Pipeline pipeline =
        Pipeline.parse(Json.read("{\"pipeline\": [" + json + "]}"), "payload", violations);
    assertThat(violations.all()).isEmpty();
    return pipeline.steps().get(0);
  }

  @Test
  void a_step_says_how_it_is_tried_repeated_and_undone() {
    Step step =
        step(
            """
            {"id": "book", "uses": "hotel.book", "with": {"guest": "${item.name}"},
             "foreach": "params.guests", "max_parallel": 3, "on_error": "rollback",
             "compensate": {"uses": "hotel.cancel", "with": {"id": "${steps.book.id}", "n": "${index}"}},
             "output_schema": {"type": "object", "required": ["id"]}}""");
    assertThat(step.onError()).isEqualTo(OnError.ROLLBACK);
    assertThat(requireNonNull(step.foreach()).maxParallel()).isEqualTo(3);
    assertThat(requireNonNull(step.compensate()).uses()).isEqualTo("hotel.cancel");
    assertThat(requireNonNull(step.outputSchema()).faults(Json.object())).hasSize(1);
  }

  @Test
  void every_fault_is_named_with_its_step_and_its_position() {
    assertThat(
            faultsOf(
                """
                [{"id": "a", "uses": "echo-tool", "with": {"x": {"y": "Hello ${parms.who}"}}},
                 {"id": "b", "uses": "echo-tool", "if": "temp < 0", "foreach": "prams.list"},
                 {"id": "c", "uses": "no tool", "on_error": "explode", "max_parallel": 2,
                  "compensate": {"use": "x"}, "output_schema": {"type": "objekt"}}]"""))
        .satisfiesExactlyInAnyOrder(
            f -> assertThat(f).contains("payload.pipeline[0].with.x.y at position 6 reads parms"),
            f -> assertThat(f).startsWith("payload.pipeline[1].if ").contains("backticks"),
            f -> assertThat(f).startsWith("payload.pipeline[1].foreach reads prams"),
            f -> assertThat(f).startsWith("payload.pipeline[2].uses ").endsWith("(step c)"),
            f -> assertThat(f).startsWith("payload.pipeline[2].on_error must be one of fail,"),
            f -> assertThat(f).startsWith("payload.pipeline[2].max_parallel belongs to foreach"),
            f -> assertThat(f).startsWith("payload.pipeline[2].compensate.uses is required."),
            f -> assertThat(f).startsWith("payload.pipeline[2].compensate.use is not a known"),
            f ->
                assertThat(f).startsWith("payload.pipeline[2].output_schema is not a JSON Schema"));
  }

  @Test
  void an_output_can_not_be_kept_without_a_name() {
    assertThat(faultsOf("[{\"id\": \"a\", \"uses\": \"x.y\", \"save_as\": \"\"}]"))
        .singleElement()
        .asString()
        .startsWith("payload.pipeline[0].save_as must not be empty");
  }

  @Test
  void item_and_index_are_known_only_where_there_is_a_list() {
    assertThat(faultsOf("[{\"id\": \"a\", \"uses\": \"x.y\", \"with\": {\"i\": \"${item}\"}}]"))
        .singleElement()
        .asString()
        .contains("reads item")
        .contains("with foreach also item and index");
    assertThat(
            faultsOf(
                "[{\"id\": \"a\", \"uses\": \"x.y\", \"foreach\": \"${params.l}\","
                    + " \"with\": {\"i\": \"${item}-${index}\"}}]"))
        .isEmpty();
  }

  @Test
  void nobody_is_told_of_item_where_it_never_is() {
    for (String field : new String[] {"if", "foreach"}) {
      assertThat(
              faultsOf(
                  "[{\"id\": \"a\", \"uses\": \"x.y\", \"foreach\": \"params.l\", \""
                      + field
                      + "\": \"prams.l\"}]"))
          .as(field)
          .singleElement()
          .asString()
          .contains("reads prams, which is not known here; known are event, now, params,")
          .doesNotContain("item");
    }
  }

  @Test
  void a_name_behind_the_first_one_may_be_any() {
    for (String expression :
        new String[] {
          "steps.w[?temp > `0`].city | [0]",
          "params | keys(@)",
          "steps.*.temp",
          "sort_by(params.l, &age)[*].name",
          "params.{a: a, b: b}",
          "params.[a, b]",
          "{a: params.a, b: run.id}",
          "merge(params, event)",
          "not_null(steps.x, 'none')",
          "now",
          "now + 24h",
          "@"
        }) {
      assertThat(
              faultsOf(
                  "[{\"id\": \"a\", \"uses\": \"x.y\", \"with\": {\"v\": \"${"
                      + expression
                      + "}\"}}]"))
          .as(expression)
          .isEmpty();
    }
  }

  @Test
  void a_secret_is_read_by_its_name_alone() {
    assertThat(
            step("""
            {"id": "a", "uses": "x.y", "if": "secrets.FLAG == 'on'", "foreach": "[secrets.ONE]",
             "with": {"h": "Bearer ${secrets.TOKEN}", "u": "${join('', [secrets.A, secrets.\\"B\\"])}"},
             "compensate": {"uses": "x.z", "with": {"k": "${secrets.UNDO}"}}}""")
                .secrets())
        .containsExactlyInAnyOrder("FLAG", "ONE", "TOKEN", "A", "B", "UNDO");
    for (String expression : new String[] {"secrets", "secrets.*", "secrets[0]", "keys(secrets)"}) {
      assertThat(
              faultsOf(
                  "[{\"id\": \"a\", \"uses\": \"x.y\", \"with\": {\"v\": \"${"
                      + expression
                      + "}\"}}]"))
          .as(expression)
          .singleElement()
          .asString()
          .contains("must name the secret that it reads");
    }
  }

  @Test
  void a_delay_is_not_repeated() {
    assertThat(faultsOf("[{\"id\": \"a\", \"uses\": \"delay\", \"foreach\": \"params.l\"}]"))
        .singleElement()
        .asString()
        .contains("can't repeat a delay");
  }

  @Test
  void a_schema_stands_alone() {
    for (String schema :
        new String[] {
          "{\"$ref\": \"https://example.com/other.json\"}",
          "{\"$ref\": \"file:///etc/passwd\"}",
          "{\"$ref\": \"classpath:other.json\"}",
          "{\"$ref\": \"#/$defs/none\"}",
          "{\"$schema\": \"https://example.com/dialect\"}",
          "{\"pattern\": \"(\"}",
          "\"text\""
        }) {
      assertThat(
              faultsOf("[{\"id\": \"a\", \"uses\": \"x.y\", \"output_schema\": " + schema + "}]"))
          .as(schema)
          .isNotEmpty();
    }
    Step step =
        step(
            """
            {"id": "a", "uses": "x.y", "output_schema": {
              "$schema": "http://json-schema.org/draft-07/schema#",
              "definitions": {"n": {"type": "number"}}, "$ref": "#/definitions/n"}}""");
    assertThat(requireNonNull(step.outputSchema()).faults(Json.read("\"x\""))).isNotEmpty();
  }

  @Test
  void a_pattern_that_is_none_is_named_in_a_sentence_of_ours() {
    for (String schema :
        new String[] {"{\"pattern\": \"a(b\"}", "{\"patternProperties\": {\"a(b\": {}}}"}) {
      assertThat(
              faultsOf("[{\"id\": \"a\", \"uses\": \"x.y\", \"output_schema\": " + schema + "}]"))
          .containsExactly(
              "payload.pipeline[0].output_schema has a pattern that is no regular expression: a(b"
                  + " (step a)");
    }
  }

  @Test
  void two_faults_of_one_step_are_two_violations() {
    Violations violations = new Violations();
    Pipeline.parse(
        Json.read("{\"pipeline\": [{\"id\": \"x y\", \"uses\": \"\"}]}"), "payload", violations);
    assertThat(violations.all()).extracting(Violation::field).hasSize(2);
  }
}

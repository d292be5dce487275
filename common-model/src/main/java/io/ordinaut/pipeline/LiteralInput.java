package io.ordinaut.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.Violation;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.Json;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What stands in plain sight in the inputs of built-in tools, held to what those take while its
 * author still looks. What an expression will yield is left to the run, which checks everything.
 */
public final class LiteralInput {
  private static final Map<BuiltIn, Schema> SCHEMAS = schemas();

  private final BuiltIn tool;
  private final JsonNode with;
  private final String path;
  private final Violations violations;

  private LiteralInput(BuiltIn tool, JsonNode with, String path, Violations violations) {
    this.tool = tool;
    this.with = with;
    this.path = path;
    this.violations = violations;
  }

  private static Map<BuiltIn, Schema> schemas() {
    Map<BuiltIn, Schema> schemas = new EnumMap<>(BuiltIn.class);
    for (BuiltIn tool : BuiltIn.values()) {
      schemas.put(tool, Schema.compile(tool.inputSchema()));
    }
    return schemas;
  }

  /** Checks the steps of a payload, what undoes them, and its probe, noting every fault. */
  public static void check(JsonNode payload, String path, Violations violations) {
    JsonNode steps = payload.path("pipeline");
    for (int i = 0; i < (steps.isArray() ? Math.min(steps.size(), Pipeline.MAX_STEPS) : 0); i++) {
      JsonNode step = steps.get(i);
      String at = path + ".pipeline[" + i + "]";
      Violations found = new Violations();
      call(step, at, found);
      call(step.path("compensate"), at + ".compensate", found);
      addNew(found, step.path("id").asText(), violations);
    }
    Violations found = new Violations();
    call(payload.path("condition").path("probe"), path + ".condition.probe", found);
    violations.addNew(found);
  }

  /** Of a field that was found fault with one fault is enough. */
  private static void addNew(Violations found, String step, Violations violations) {
    Set<String> known = violations.fields();
    for (Violation one : found.all()) {
      if (!known.contains(one.field())) {
        violations.add(one.field(), Pipeline.withStep(one.message(), step));
      }
    }
  }

  private static void call(JsonNode call, String path, Violations violations) {
    JsonNode with = call.hasNonNull("with") ? call.get("with") : Json.object();
    if (with.isObject()) {
      BuiltIn.named(call.path("uses").asText())
          .ifPresent(tool -> new LiteralInput(tool, with, path + ".with", violations).check());
    }
  }

  private void check() {
    if (tool == BuiltIn.DELAY) {
      for (var field : with.properties()) {
        if (isLiteral(field.getValue())) {
          fault(field.getKey(), DelayInput.faultOf(field.getKey(), field.getValue()));
        }
      }
    }
    if (tool == BuiltIn.HTTP_REQUEST) {
      request();
    }
    Violations ofSchema = new Violations();
    for (Schema.Fault fault : Objects.requireNonNull(SCHEMAS.get(tool)).faultsAt(with)) {
      if (isLiteral(fault.value())) {
        ofSchema.add(path + fault.place(), sentence(fault));
      }
    }
    violations.addNew(ofSchema);
  }

  private static String sentence(Schema.Fault fault) {
    return fault.keyword().endsWith("Properties") && fault.place().isEmpty()
        ? DelayInput.FORM
        : fault.sentence();
  }

  private void request() {
    JsonNode url = with.path("url");
    if (url.isTextual()) {
      String text = url.textValue();
      String credential = Credentials.faultOfUrl(text);
      fault(
          "url",
          credential == null && TemplateText.isLiteral(text) ? HttpUrl.faultOf(text) : credential);
    }
    for (var header : with.path("headers").properties()) {
      String fault = HeaderName.faultOf(header.getKey());
      if (fault == null) {
        fault = Credentials.faultOfHeader(header.getKey(), header.getValue().asText());
      }
      if (fault == null) {
        fault = HeaderName.faultOfValue(header.getValue().asText());
      }
      fault("headers." + header.getKey(), fault);
    }
    for (var parameter : with.path("query").properties()) {
      JsonNode values = parameter.getValue();
      for (JsonNode value : values.isArray() ? values : List.of(values)) {
        fault(
            "query." + parameter.getKey(),
            Credentials.faultOfParameter(parameter.getKey(), value.asText()));
      }
    }
  }

  private void fault(String field, @Nullable String message) {
    if (message != null) {
      violations.add(path + "." + field, message);
    }
  }

  private static boolean isLiteral(JsonNode value) {
    return !value.isTextual() || TemplateText.isLiteral(value.textValue());
  }
}

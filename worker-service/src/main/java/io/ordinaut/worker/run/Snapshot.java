package io.ordinaut.worker.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.failure.Violation;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.Json;
import io.ordinaut.pipeline.Pipeline;
import io.ordinaut.pipeline.Step;
import io.ordinaut.retry.Backoff;
import io.ordinaut.retry.BackoffStrategy;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a piece of work runs, compiled: its payload as it was when the work was made.
 *
 * @param pipeline the steps
 * @param params of the task
 * @param maxRetries after the first attempt
 * @param backoff between attempts
 * @param timeout the longest that the run may take from its first start on; null for any time
 * @param trigger the condition that decides whether it runs at all; null for other work
 * @param faults why it can't run, empty when it can
 */
record Snapshot(
    Pipeline pipeline,
    JsonNode params,
    int maxRetries,
    Backoff backoff,
    @Nullable Duration timeout,
    @Nullable ConditionTrigger trigger,
    List<Violation> faults) {
  static Snapshot parse(String text) {
    ObjectNode payload = (ObjectNode) Json.read(text);
    JsonNode settings = payload.path("settings");
    payload.remove("settings");
    Violations violations = new Violations();
    Pipeline pipeline = Pipeline.parse(payload, "payload", violations);
    ConditionTrigger trigger =
        settings.has("condition")
            ? ConditionTrigger.parse(settings.get("condition"), payload, violations)
            : null;
    JsonNode params = payload.path("params");
    return new Snapshot(
        pipeline,
        params.isObject() ? params : Json.object(),
        settings.path("max_retries").asInt(3),
        backoff(settings),
        timeout(settings.path("timeout_seconds")),
        trigger,
        violations.all());
  }

  /** The names of the secrets that its steps and its probe read. */
  Set<String> secrets() {
    Set<String> all = new HashSet<>(pipeline.secrets());
    if (trigger != null) {
      all.addAll(trigger.probe().call().secrets());
    }
    return all;
  }

  /** The names of the tools that its steps, what undoes them, and its probe use. */
  Set<String> tools() {
    Set<String> all = new HashSet<>();
    for (Step step : pipeline.steps()) {
      all.add(step.uses());
      if (step.compensate() != null) {
        all.add(step.compensate().uses());
      }
    }
    if (trigger != null) {
      all.add(trigger.probe().call().uses());
    }
    return all;
  }

  private static @Nullable Duration timeout(JsonNode seconds) {
    return seconds.canConvertToInt() && seconds.intValue() > 0
        ? Duration.ofSeconds(seconds.intValue())
        : null;
  }

  private static Backoff backoff(JsonNode settings) {
    Backoff absent = Backoff.DEFAULT;
    return new Backoff(
        BackoffStrategy.of(settings.path("backoff_strategy").asText(absent.strategy().stored())),
        settings.path("backoff_base_seconds").asDouble(absent.baseSeconds()),
        settings.path("backoff_max_seconds").asDouble(absent.maxSeconds()));
  }
}

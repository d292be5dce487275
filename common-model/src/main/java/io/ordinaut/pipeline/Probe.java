package io.ordinaut.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.InvalidInputException;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.Json;
import io.ordinaut.json.JsonFields;
import io.ordinaut.schedule.Every;
import java.time.Duration;
import java.time.Instant;

/**
 * How a condition is looked at: which tool brings the value, how often, and when a true value
 * starts a run.
 *
 * @param every the cadence
 * @param call the tool and its input, as a step of its own
 * @param edge which true values count
 * @param cooldown how long after one run started the next may start at the earliest
 */
public record Probe(Duration every, Step call, Edge edge, Duration cooldown) {
  /** The name under which tries of the probe are logged. */
  public static final String ID = "probe";

  private static final int LONGEST_COOLDOWN = 366 * 86_400;

  /** Which true values start a run. */
  public enum Edge {
    /** The first after a value that was not true. */
    RISING,
    /** Each one. */
    LEVEL
  }

  /** Reads {@code payload.condition}. */
  public static Probe parse(JsonNode node, String path, Violations violations) {
    JsonFields fields = new JsonFields(node, path, violations);
    Duration every = every(fields);
    JsonNode probe = fields.node("probe");
    if (probe == null) {
      fields.fault("probe", "is required: {\"uses\": a tool, \"with\": its input}.");
    }
    Step call = call(probe == null ? Json.object() : probe, fields.path("probe"), violations);
    Edge edge = fields.choice("edge", Edge.RISING);
    int cooldown = fields.integer("cooldown_seconds", 0, 0, LONGEST_COOLDOWN);
    fields.refuseUnknown();
    return new Probe(every, call, edge, Duration.ofSeconds(cooldown));
  }

  private static Duration every(JsonFields fields) {
    String text = fields.required("every", 40);
    if (text.isEmpty()) {
      return Duration.ofMinutes(1);
    }
    try {
      return Every.parse("@every " + text.strip(), Instant.EPOCH).distance();
    } catch (InvalidInputException e) {
      fields.fault("every", "must be a distance of a second or more, such as 30s, 5m or 1h30m.");
      return Duration.ofMinutes(1);
    }
  }

  private static Step call(JsonNode probe, String path, Violations violations) {
    JsonFields fields = new JsonFields(probe, path, violations);
    var step = Json.object().put("id", ID);
    for (String field : new String[] {"uses", "with", "timeout_seconds"}) {
      JsonNode value = fields.node(field);
      if (value != null) {
        step.set(field, value);
      }
    }
    fields.refuseUnknown();
    Step call = Step.parse(new JsonFields.Element(step, path), violations);
    if (call.uses().equals(Step.DELAY)) {
      fields.fault("uses", "must name a tool that brings a value to look at; a delay brings none.");
    }
    return call;
  }
}

package io.ordinaut.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.ordinaut.json.Json;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What expressions see: {@code params, steps, event, task, run, now, secrets}. It belongs to one
 * run; what it has handed out is read by several threads, so nothing is saved meanwhile.
 */
public final class Context {
  private final ObjectNode root = Json.object();
  private final ObjectNode steps = root.putObject("steps");
  private final ObjectNode outputs = Json.object();

  /** Most steps of a run see the same moment. */
  private volatile @Nullable Moment last;

  /**
   * @param params of the task, overlaid by those of the run
   * @param event what started the run, or JSON null; {@code {probe}} where a condition did
   * @param task id and title
   * @param run id, attempt and nominal time
   */
  public Context(JsonNode params, JsonNode event, ObjectNode task, ObjectNode run) {
    root.set("params", params);
    root.set("event", event);
    root.set("task", task);
    root.set("run", run);
  }

  /** Notes what started the run, where that is known only once it is under way. */
  public void startedBy(JsonNode event) {
    root.set("event", event);
  }

  /** What a condition sees at the given moment: {@code probe, task, now}. */
  public JsonNode ofCondition(JsonNode probe, Instant now) {
    ObjectNode seen = Json.object();
    seen.set("probe", probe);
    seen.set("task", root.get("task"));
    return seen.put("now", now.toString());
  }

  /**
   * The values at the given moment, as a document of its own.
   *
   * @param secrets by their names, or what stands for them in a log
   */
  public ObjectNode at(Instant now, ObjectNode secrets) {
    ObjectNode seen = Json.object();
    seen.setAll(root);
    seen.set("now", textOf(now));
    seen.set("secrets", secrets);
    return seen;
  }

  private TextNode textOf(Instant now) {
    Moment moment = last;
    if (moment == null || !moment.at().equals(now)) {
      moment = new Moment(now, TextNode.valueOf(now.toString()));
      last = moment;
    }
    return moment.text();
  }

  private record Moment(Instant at, TextNode text) {}

  /**
   * The same as an element of a list sees it.
   *
   * @param seen from {@link #at}; changed
   */
  public static ObjectNode ofItem(ObjectNode seen, JsonNode item, int index) {
    seen.set("item", item);
    return seen.put("index", index);
  }

  /**
   * The same as a compensation sees it: the step's names stand for the output that is undone.
   *
   * @param seen from {@link #at}; changed
   */
  public static ObjectNode undoing(ObjectNode seen, Step step, JsonNode output) {
    ObjectNode steps = Json.object();
    steps.setAll((ObjectNode) seen.path("steps"));
    steps.set(step.id(), output);
    if (step.saveAs() != null) {
      steps.set(step.saveAs(), output);
    }
    seen.set("steps", steps);
    return seen;
  }

  /** Keeps the output of a finished step under its id and its {@code save_as}. */
  public void save(Step step, JsonNode output) {
    steps.set(step.id(), output);
    if (step.saveAs() != null) {
      steps.set(step.saveAs(), output);
      outputs.set(step.saveAs(), output);
    }
  }

  /** Notes that a step did not run: its names are null unless another step gave them a value. */
  public void skip(Step step) {
    putIfAbsent(steps, step.id());
    if (step.saveAs() != null) {
      putIfAbsent(steps, step.saveAs());
      putIfAbsent(outputs, step.saveAs());
    }
  }

  private static void putIfAbsent(ObjectNode object, String name) {
    if (!object.has(name)) {
      object.set(name, NullNode.instance);
    }
  }

  /** The {@code save_as} values so far. */
  public ObjectNode outputs() {
    return outputs;
  }
}

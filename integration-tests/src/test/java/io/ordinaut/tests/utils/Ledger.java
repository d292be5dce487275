package io.ordinaut.tests.utils;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.json.Json;
import io.ordinaut.worker.tool.Tool;
import io.ordinaut.worker.tool.ToolCall;
import io.ordinaut.worker.tool.ToolException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/**
 * A tool with side effects, each written down. An input with {@code fails} makes that many calls of
 * its key fail before one succeeds.
 */
public final class Ledger implements Tool {
  private final List<Entry> entries = new CopyOnWriteArrayList<>();
  private volatile Disturbance before = call -> {};
  private volatile Disturbance after = call -> {};

  /** What happens to the worker while it calls. */
  public interface Disturbance {
    /** Makes it happen. */
    void strike(ToolCall call) throws InterruptedException;
  }

  /**
   * A call.
   *
   * @param key under which it was made
   * @param input of the call
   * @param succeeded whether it had its effect
   */
  public record Entry(String key, JsonNode input, boolean succeeded) {}

  /** Strikes before the effect. */
  public void before(Disturbance disturbance) {
    before = disturbance;
  }

  /** Strikes between the effect and what the worker makes of it. */
  public void after(Disturbance disturbance) {
    after = disturbance;
  }

  @Override
  public JsonNode call(ToolCall call) throws InterruptedException {
    before.strike(call);
    boolean fails = calls(call.idempotencyKey()).count() < call.input().path("fails").asInt();
    entries.add(new Entry(call.idempotencyKey(), call.input(), !fails));
    after.strike(call);
    if (fails) {
      throw new ToolException(ErrorCode.TOOL_ERROR, "no luck");
    }
    return Json.object().put("receipt", call.idempotencyKey()).set("input", call.input());
  }

  /** All calls in their order. */
  public List<Entry> entries() {
    return entries;
  }

  /** The calls under a key. */
  public Stream<Entry> calls(String key) {
    return entries.stream().filter(entry -> entry.key().equals(key));
  }

  /** The keys in the order of the calls that had an effect, without the run's id. */
  public List<String> effects() {
    return entries.stream()
        .filter(Entry::succeeded)
        .map(entry -> entry.key().substring(entry.key().indexOf(':') + 1))
        .toList();
  }

  /** Keys that came with two different inputs; there must be none. */
  public List<String> ambiguousKeys() {
    return entries.stream()
        .map(Entry::key)
        .distinct()
        .filter(key -> calls(key).map(Entry::input).distinct().count() > 1)
        .toList();
  }
}

package io.ordinaut.scheduler.event;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.json.Json;
import io.ordinaut.pipeline.Condition;
import io.ordinaut.pipeline.Scope;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Decides which events a task wants, by its {@code payload.when}. Compiles each one once. */
final class Wishes {
  private static final Logger LOG = Logger.getLogger(Wishes.class);
  private static final int KEPT = 1_000;
  private static final int FAILURES_KEPT = 20_000;

  private final Map<String, Condition> byText =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Condition> eldest) {
          return size() > KEPT;
        }
      };

  /** What failed once fails at once when the same event is decided upon again. */
  private final Set<Failure> failures =
      Collections.newSetFromMap(
          new LinkedHashMap<>() {
            @Override
            protected boolean removeEldestEntry(Map.Entry<Failure, Boolean> eldest) {
              return size() > FAILURES_KEPT;
            }
          });

  /**
   * Those of an event's firings that their tasks do not want.
   *
   * @param event as JSON, as its runs will see it
   */
  List<Firing> unwanted(List<Firing> firings, String event) {
    JsonNode context;
    try {
      context = context(event);
    } catch (RuntimeException e) {
      LOG.warnf("Event %s can't be read: %s", firings.get(0).event().id(), e.getMessage());
      return firings;
    }
    return firings.stream().filter(firing -> !wants(firing, context)).toList();
  }

  /** What the expressions see: the fields of the event, also under {@code event}. */
  private static JsonNode context(String event) {
    ObjectNode fields = (ObjectNode) Json.read(event);
    ObjectNode context = Json.object();
    context.setAll(fields);
    context.set("event", fields);
    return context;
  }

  private boolean wants(Firing firing, JsonNode context) {
    String when = firing.listener().when();
    Failure failure = new Failure(firing.event().id(), firing.listener().taskId());
    if (failures.contains(failure)) {
      return false;
    }
    try {
      return when == null || condition(when).holdsQuickly(context);
    } catch (RuntimeException e) {
      if (Thread.currentThread().isInterrupted()) {
        throw e;
      }
      failures.add(failure);
      LOG.warnf(
          "Task %s does not fire for event %s: its payload.when fails: %s",
          firing.listener().taskId(), firing.event().id(), e.getMessage());
      return false;
    }
  }

  private record Failure(UUID eventId, UUID taskId) {}

  private synchronized Condition condition(String when) {
    @Nullable Condition known = byText.get(when);
    if (known != null) {
      return known;
    }
    Condition compiled = Condition.compile(when, Scope.ANY);
    byText.put(when, compiled);
    return compiled;
  }
}

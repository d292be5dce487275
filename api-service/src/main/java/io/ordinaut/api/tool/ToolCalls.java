package io.ordinaut.api.tool;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.api.run.RunTable;
import io.ordinaut.json.Json;
import io.ordinaut.store.Db;
import io.ordinaut.store.DbException;
import io.ordinaut.stream.NudgeStream;
import io.ordinaut.work.Ids;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Semaphore;

/** Calls of tools by hand: a worker makes them, and whoever asked waits for the run's end. */
@ApplicationScoped
public class ToolCalls {
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);
  private static final Duration CLOCK_SLACK = Duration.ofHours(1);
  private static final long FIRST_LOOK_MILLIS = 20;
  private static final long RAREST_LOOK_MILLIS = 200;

  /** Each who waits holds a thread, and others want to be answered meanwhile. */
  private static final int MOST_WAITING = 64;

  private final Db db;
  private final NudgeStream nudges;
  private final RunTable runs;
  private final Semaphore waiting = new Semaphore(MOST_WAITING);

  @Inject
  ToolCalls(Db db, NudgeStream nudges, RunTable runs) {
    this.db = db;
    this.nudges = nudges;
    this.runs = runs;
  }

  /** Has a tool called, and answers with what became of it, or with how far it is. */
  Answer call(String tool, ToolCallDraft draft) {
    UUID id = CallTable.signal(db, Ids.SYSTEM_AGENT, draft.payload(tool));
    nudges.send(NudgeStream.SCHEDULE);
    boolean ended = await(id);
    Optional<ObjectNode> run = ended ? runs.byId(id) : Optional.empty();
    return new Answer(id, run.isPresent(), run.map(ToolCalls::result).orElseGet(() -> pending(id)));
  }

  /** Whether the run ended while one waited. */
  private boolean await(UUID id) {
    if (!waiting.tryAcquire()) {
      return false;
    }
    try {
      Instant notBefore = Instant.now().minus(CLOCK_SLACK);
      long end = System.nanoTime() + LONGEST_WAIT.toNanos();
      long pause = FIRST_LOOK_MILLIS;
      while (System.nanoTime() < end) {
        Thread.sleep(pause);
        if (CallTable.hasEnded(db, id, notBefore)) {
          return true;
        }
        pause = Math.min(RAREST_LOOK_MILLIS, pause + pause / 2);
      }
      return false;
    } catch (DbException e) {
      // What was asked for is stored; the run can be looked at later.
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      waiting.release();
    }
  }

  private static ObjectNode pending(UUID id) {
    return Json.object().put("run_id", id.toString()).put("status", "pending");
  }

  private static ObjectNode result(ObjectNode run) {
    ObjectNode result = Json.object().put("run_id", run.get("id").asText());
    result.put("status", run.get("status").asText());
    result.set("output", run.path("outputs").get(ToolCallDraft.OUTPUT));
    if (!run.path("error_code").isNull()) {
      result.set("error", error(run));
    }
    return result;
  }

  /** What the one step says tells more than what it made of the run. */
  private static ObjectNode error(ObjectNode run) {
    JsonNode step = run.path("steps").path(0);
    boolean ofStep = step.path("error_code").isTextual();
    ObjectNode error = Json.object();
    error.put("code", ofStep ? step.path("error_code").asText() : run.path("error_code").asText());
    return error.put(
        "message", ofStep ? step.path("error").asText() : run.path("error_message").asText());
  }

  /**
   * What a caller learns.
   *
   * @param runId of the run that makes the call
   * @param ended whether it is over
   * @param body of the answer
   */
  record Answer(UUID runId, boolean ended, ObjectNode body) {}
}

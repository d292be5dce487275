package io.ordinaut.worker.step;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.failure.Seconds;
import io.ordinaut.json.Json;
import io.ordinaut.json.Storable;
import io.ordinaut.pipeline.Condition;
import io.ordinaut.pipeline.Expression;
import io.ordinaut.pipeline.ExpressionException;
import io.ordinaut.pipeline.Foreach;
import io.ordinaut.pipeline.Step;
import io.ordinaut.pipeline.StepOutcome;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.observe.RunObserver;
import io.ordinaut.worker.tool.Tool;
import io.ordinaut.worker.tool.ToolCall;
import io.ordinaut.worker.tool.ToolException;
import io.ordinaut.worker.tool.Tools;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Tries one step, one of its elements, or what undoes either, once: condition, render, call. */
public final class StepRunner {
  private static final Logger LOG = Logger.getLogger(StepRunner.class);

  /** Characters of a failure's sentence that are kept. */
  private static final int LONGEST_MESSAGE = 4_000;

  private final Tools tools;
  private final CallTimer timer;
  private final RunObserver observer;

  /** With the tools it may call, the timer that cuts their calls, and who counts them. */
  public StepRunner(Tools tools, CallTimer timer, RunObserver observer) {
    this.tools = tools;
    this.timer = timer;
    this.observer = observer;
  }

  /**
   * Makes a call. Never throws for what the pipeline or the tool did.
   *
   * @param attempt which try it is, from 1
   */
  public StepTry run(StepCall call, int attempt, RunView view) {
    Instant started = view.lease().now();
    Attempt current = new Attempt(call, view);
    StepOutcome outcome = current.outcome();
    Instant ended = view.lease().now();
    observer.tried(call.uses(), outcome, Duration.between(started, ended));
    return new StepTry(
        call.step().id(),
        call.index(),
        attempt,
        current.input,
        outcome,
        started,
        ended,
        current.pure && !Thread.currentThread().isInterrupted());
  }

  /**
   * The elements for which a step is to be done.
   *
   * @param attempt which try of the step it is, from 1
   */
  public Elements elements(Step step, int attempt, RunView view) {
    Instant started = view.lease().now();
    StepOutcome outcome;
    ErrorCode stage = ErrorCode.CONDITION_ERROR;
    boolean pure = step.secrets().isEmpty();
    try {
      JsonNode seen = view.revealing(secretsOfList(step));
      if (timer.call(step.timeout(), () -> holds(step.condition(), seen))) {
        stage = ErrorCode.TEMPLATE_ERROR;
        Expression items = Objects.requireNonNull(step.foreach()).list();
        ArrayNode list = listOf(timer.call(step.timeout(), () -> items.evaluate(seen)));
        if (!list.isEmpty()) {
          return new Elements(list, null);
        }
        outcome = new StepOutcome.Succeeded(list);
      } else {
        outcome = new StepOutcome.Skipped();
      }
    } catch (CallTimer.TimedOutException e) {
      pure = false;
      outcome = late(step);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      outcome = failed(ErrorCode.CANCELED, "The worker stopped the step.");
    } catch (ExpressionException e) {
      outcome = failed(stage, e, view);
    } catch (ToolException e) {
      outcome = failed(e.code(), e, view);
    }
    return new Elements(
        Json.MAPPER.createArrayNode(),
        new StepTry(
            step.id(),
            null,
            attempt,
            null,
            outcome,
            started,
            view.lease().now(),
            pure && !Thread.currentThread().isInterrupted()));
  }

  private static Set<String> secretsOfList(Step step) {
    Set<String> all = new HashSet<>(Objects.requireNonNull(step.foreach()).secrets());
    if (step.condition() != null) {
      all.addAll(step.condition().secrets());
    }
    return all;
  }

  private static StepOutcome.Failed late(Step step) {
    return failed(
        ErrorCode.TIMEOUT,
        "What the step is to do was not known within " + Seconds.of(step.timeout()) + ".");
  }

  private static ArrayNode listOf(JsonNode value) {
    if (!(value instanceof ArrayNode list)) {
      throw new ExpressionException(
          "foreach must yield a list, and yields "
              + value.getNodeType().name().toLowerCase(Locale.ROOT)
              + "; || `[]` gives a default.");
    }
    if (list.size() > Foreach.MOST_ITEMS) {
      throw new ExpressionException(
          "foreach yields "
              + list.size()
              + " elements; it must not yield more than "
              + Foreach.MOST_ITEMS
              + ".");
    }
    return list;
  }

  private static boolean holds(@Nullable Condition condition, JsonNode seen) {
    return condition == null || condition.holds(seen);
  }

  private static StepOutcome.Failed failed(ErrorCode code, RuntimeException e, RunView view) {
    return failed(code, view.mask(e.getMessage()));
  }

  private static StepOutcome.Failed failed(ErrorCode code, String message) {
    return new StepOutcome.Failed(
        code,
        Storable.asStored(
            message.length() <= LONGEST_MESSAGE
                ? message
                : message.substring(0, LONGEST_MESSAGE) + "…"));
  }

  /**
   * The elements of a step, or how the step ended without any.
   *
   * @param list empty when the step has ended
   * @param ended skipped, failed, or done since the list is empty; null when there are elements
   */
  public record Elements(ArrayNode list, @Nullable StepTry ended) {}

  /** One try, with what it came to know on its way. */
  private final class Attempt {
    private final StepCall call;
    private final Step step;
    private final RunView view;
    private @Nullable JsonNode input;
    private ErrorCode stage = ErrorCode.CONDITION_ERROR;

    /** Whether it would end the same at any later time. */
    private boolean pure;

    Attempt(StepCall call, RunView view) {
      this.call = call;
      this.step = call.step();
      this.pure = step.secrets().isEmpty();
      this.view = view;
    }

    StepOutcome outcome() {
      try {
        return timer.call(step.timeout(), this::timed);
      } catch (ExpressionException e) {
        return failed(stage, e, view);
      } catch (ToolException e) {
        return failed(e.code(), e, view);
      } catch (CallTimer.TimedOutException e) {
        pure = false;
        return input == null
            ? late(step)
            : failed(
                ErrorCode.TIMEOUT,
                "The tool did not answer within " + Seconds.of(step.timeout()) + ".");
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return failed(ErrorCode.CANCELED, "The worker stopped the call.");
      } catch (RuntimeException | Error e) {
        // An Error too: the run can still undo what it did before.
        pure = false;
        LOG.warnf(
            "The tool %s failed in a way of its own: %s", call.uses(), e.getClass().getName());
        String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        return input == null
            ? failed(stage, view.mask(why))
            : failed(ErrorCode.TOOL_ERROR, view.mask("The tool failed: " + why));
      }
    }

    /** All of it takes time: expressions and the check of the output, not the tool alone. */
    private StepOutcome timed() throws InterruptedException {
      ObjectNode seen = call.seenFrom(view.revealing(call.secrets()));
      if (!holds(call.condition(), seen)) {
        return new StepOutcome.Skipped();
      }
      stage = ErrorCode.TEMPLATE_ERROR;
      JsonNode rendered = Outputs.clean(call.with().render(seen), "input");
      input = logged(rendered);
      return checked(call(rendered));
    }

    private JsonNode call(JsonNode rendered) throws InterruptedException {
      Lease lease = view.lease();
      Tool tool = call.uses().equals(Step.DELAY) ? new Delay(lease.now()) : tool();
      pure &= tool.isPure();
      ToolCall asked =
          new ToolCall(
              rendered,
              call.idempotencyKey(lease.rootId()),
              step.timeout(),
              lease.id(),
              lease.agentId(),
              lease.depth(),
              view.secrets());
      return tool.call(asked);
    }

    /** One that is unknown may be known a moment later. */
    private Tool tool() {
      try {
        return tools.get(call.uses());
      } catch (ToolException e) {
        pure = false;
        throw e;
      }
    }

    private StepOutcome checked(JsonNode answer) {
      JsonNode output = clean(answer);
      List<String> faults =
          call.outputSchema() == null ? List.of() : call.outputSchema().faults(output);
      return faults.isEmpty()
          // The end of a delay is the engine's own, and read back.
          ? new StepOutcome.Succeeded(call.uses().equals(Step.DELAY) ? output : masked(output))
          : failed(
              ErrorCode.SCHEMA_ERROR,
              view.mask(
                  "The output does not match output_schema: " + String.join("; ", faults) + "."));
    }

    /** In the order of its names also where the mask has changed them. */
    private JsonNode masked(JsonNode output) {
      JsonNode masked = view.mask(output);
      return masked == output ? output : clean(masked);
    }

    private JsonNode clean(JsonNode answer) {
      return call.index() == null
          ? Outputs.clean(answer, "output")
          : Outputs.cleanElement(answer, "output");
    }

    /** The input as the log has it: rendered once more, over masks. */
    private JsonNode logged(JsonNode rendered) {
      return view.mask(
          call.secrets().isEmpty()
              ? rendered
              : call.with().render(call.seenFrom(view.masking(call.secrets()))));
    }
  }
}

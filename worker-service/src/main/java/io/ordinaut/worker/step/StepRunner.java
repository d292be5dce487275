package io.ordinaut.worker.step;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.pipeline.Context;
import io.ordinaut.pipeline.ExpressionException;
import io.ordinaut.pipeline.Step;
import io.ordinaut.pipeline.StepOutcome;
import io.ordinaut.worker.tool.Tool;
import io.ordinaut.worker.tool.ToolException;
import io.ordinaut.worker.tool.Tools;
import java.time.Instant;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Tries one step once: condition, render, call. */
public final class StepRunner {
  private static final Logger LOG = Logger.getLogger(StepRunner.class);

  private final Tools tools;
  private final CallTimer timer;

  /** With the tools it may call and the timer that cuts their calls. */
  public StepRunner(Tools tools, CallTimer timer) {
    this.tools = tools;
    this.timer = timer;
  }

  /**
   * Tries a step. Never throws for what the pipeline or the tool did.
   *
   * @param clock the time as the run sees it
   */
  public StepTry run(Step step, Context context, int attempt, Supplier<Instant> clock) {
    Instant started = clock.get();
    Attempt current = new Attempt(step, context.at(started));
    StepOutcome outcome = current.outcome();
    return new StepTry(
        step.id(), attempt, current.input, outcome, started, clock.get(), current.pure);
  }

  /** One try, with what it came to know on its way. */
  private final class Attempt {
    private final Step step;
    private final JsonNode context;
    private @Nullable JsonNode input;
    private boolean pure = true;

    Attempt(Step step, JsonNode context) {
      this.step = step;
      this.context = context;
    }

    StepOutcome outcome() {
      ErrorCode stage = ErrorCode.CONDITION_ERROR;
      try {
        if (step.condition() != null && !step.condition().holds(context)) {
          return new StepOutcome.Skipped();
        }
        stage = ErrorCode.TEMPLATE_ERROR;
        JsonNode rendered = Outputs.clean(step.with().render(context), "input");
        input = rendered;
        Tool tool = tools.get(step.uses());
        pure = tool.isPure();
        JsonNode output =
            pure ? tool.call(rendered) : timer.call(step.timeout(), () -> tool.call(rendered));
        return new StepOutcome.Succeeded(Outputs.clean(output, "output"));
      } catch (ExpressionException e) {
        return new StepOutcome.Failed(stage, String.valueOf(e.getMessage()));
      } catch (ToolException e) {
        return new StepOutcome.Failed(e.code(), String.valueOf(e.getMessage()));
      } catch (CallTimer.TimedOutException e) {
        return new StepOutcome.Failed(
            ErrorCode.TIMEOUT, "The tool did not answer within " + step.timeout() + ".");
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return new StepOutcome.Failed(ErrorCode.CANCELED, "The worker stopped the call.");
      } catch (RuntimeException e) {
        LOG.warnf(e, "The tool %s failed in a way of its own", step.uses());
        return new StepOutcome.Failed(ErrorCode.TOOL_ERROR, "The tool failed: " + e.getMessage());
      }
    }
  }
}

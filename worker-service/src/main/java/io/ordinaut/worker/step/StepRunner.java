package io.ordinaut.worker.step;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.failure.ErrorCode;
import io.ordinaut.pipeline.Context;
import io.ordinaut.pipeline.ExpressionException;
import io.ordinaut.pipeline.Step;
import io.ordinaut.pipeline.StepOutcome;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.secret.Secrets;
import io.ordinaut.worker.tool.Tool;
import io.ordinaut.worker.tool.ToolCall;
import io.ordinaut.worker.tool.ToolException;
import io.ordinaut.worker.tool.Tools;
import java.time.Instant;
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
   * @param lease under which the run goes on
   * @param secrets of the run
   */
  public StepTry run(Step step, Context context, int attempt, Lease lease, Secrets secrets) {
    Instant started = lease.now();
    Attempt current = new Attempt(step, context, lease, secrets);
    StepOutcome outcome = current.outcome();
    return new StepTry(
        step.id(), attempt, current.input, outcome, started, lease.now(), current.pure);
  }

  /** One try, with what it came to know on its way. */
  private final class Attempt {
    private final Step step;
    private final Context context;
    private final Lease lease;
    private final Secrets secrets;
    private @Nullable JsonNode input;
    private boolean pure = true;

    Attempt(Step step, Context context, Lease lease, Secrets secrets) {
      this.step = step;
      this.context = context;
      this.lease = lease;
      this.secrets = secrets;
    }

    StepOutcome outcome() {
      ErrorCode stage = ErrorCode.CONDITION_ERROR;
      try {
        JsonNode seen = context.at(lease.admittedAt(), secrets.reveal(step.secrets()));
        if (step.condition() != null && !step.condition().holds(seen)) {
          return new StepOutcome.Skipped();
        }
        stage = ErrorCode.TEMPLATE_ERROR;
        JsonNode rendered = Outputs.clean(step.with().render(seen), "input");
        input = logged(rendered);
        Tool tool = tools.get(step.uses());
        pure = tool.isPure();
        ToolCall call =
            new ToolCall(
                rendered,
                lease.rootId() + ":" + step.id(),
                step.timeout(),
                lease.id(),
                lease.agentId(),
                lease.depth(),
                secrets);
        JsonNode output =
            pure ? tool.call(call) : timer.call(step.timeout(), () -> tool.call(call));
        return new StepOutcome.Succeeded(secrets.mask(Outputs.clean(output, "output")));
      } catch (ExpressionException e) {
        return new StepOutcome.Failed(stage, secrets.mask(String.valueOf(e.getMessage())));
      } catch (ToolException e) {
        return new StepOutcome.Failed(e.code(), secrets.mask(String.valueOf(e.getMessage())));
      } catch (CallTimer.TimedOutException e) {
        return new StepOutcome.Failed(
            ErrorCode.TIMEOUT, "The tool did not answer within " + step.timeout() + ".");
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return new StepOutcome.Failed(ErrorCode.CANCELED, "The worker stopped the call.");
      } catch (RuntimeException e) {
        LOG.warnf(
            "The tool %s failed in a way of its own: %s", step.uses(), e.getClass().getName());
        return new StepOutcome.Failed(
            ErrorCode.TOOL_ERROR, secrets.mask("The tool failed: " + e.getMessage()));
      }
    }

    /** The input as the log has it: rendered once more, over masks. */
    private JsonNode logged(JsonNode rendered) {
      return step.secrets().isEmpty()
          ? secrets.mask(rendered)
          : secrets.mask(
              step.with().render(context.at(lease.admittedAt(), secrets.masked(step.secrets()))));
    }
  }
}

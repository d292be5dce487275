package io.ordinaut.worker.tool;

import com.fasterxml.jackson.databind.JsonNode;

/** Something that a step can use. */
public interface Tool {
  /**
   * Calls the tool. The calling thread is interrupted when the step's time is over or the run is to
   * stop: the call is then ended, on the tool's side too where its protocol can say so.
   *
   * @return the output
   * @throws ToolException when the tool can't do it
   */
  JsonNode call(ToolCall call) throws InterruptedException;

  /** Whether calling it again, unseen, changes nothing: such a step needs no checkpoint. */
  default boolean isPure() {
    return false;
  }
}

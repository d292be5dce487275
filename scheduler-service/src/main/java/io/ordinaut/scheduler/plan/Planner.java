package io.ordinaut.scheduler.plan;

/** Decides which occurrences are owed and where the cursor goes. Pure. */
public final class Planner {
  private Planner() {}

  /** The plan for one due task. */
  public static Plan plan(DueTask task) {
    return new Plan(
        new Emission(task.id(), task.nextRun(), true),
        new Advance(task.id(), task.nextRun(), task.nextRun(), 1));
  }

  /** What becomes of one task in one tick. */
  public record Plan(Emission emission, Advance advance) {}
}
